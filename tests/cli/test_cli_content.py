"""What a backfill leaves is what it left before: tables and marts, their columns and their rows."""

from __future__ import annotations

from support.content import check_as_before
from support.homes import Home


def test_tables_and_marts_are_as_before(home: Home) -> None:
    check_as_before(home)
