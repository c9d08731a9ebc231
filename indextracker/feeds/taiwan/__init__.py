"""The feeds of TWSE, TAIFEX and a data vendor: a module per publisher."""

from __future__ import annotations

from datetime import time

# The calendar begins here, and no layout of an earlier year has been seen.
FIRST_DAY = "2015-01-01"
# Files of dawn come out at about 05:10 and complete ones from 14:00 on.
WHOLE_FROM = time(12)
