"""Words of NSE's documents that tables and readings share."""

from __future__ import annotations

from typing import Final

# What changes the number of shares, what pays, and what does neither to a share. Preference shares
# given for shares leave the shares as they are.
ACTION_KINDS: Final = (
    *("bonus", "split", "rights", "dividend"),
    *("preference_bonus", "demerger", "buyback", "interest", "redemption", "capital_reduction"),
    "other",
)

# Series of shares and units of funds, of which a symbol has one at a time: EQ and BE are never on
# one day.
SHARE_SERIES: Final = ("EQ", "BE", "BZ", "SM", "ST", "SZ")
# Series in which a share is traded beside its own: block deals, institutions, same-day settlement.
BESIDE_SERIES: Final = ("BL", "IL", "IQ", "T0")
