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

# Over how many sessions returns are told: a day, a week, a month, a quarter and a year of them.
RETURN_SESSIONS: Final = (1, 5, 20, 60, 252)

# What prices and corporate actions may not fit each other in.
ACTION_WITHOUT_MOVE: Final = "action without a move"
MOVE_BEYOND_ACTION: Final = "move beyond the action"
MOVE_WITHOUT_ACTION: Final = "move without an action"
FACTOR_UNKNOWN: Final = "factor not known"
