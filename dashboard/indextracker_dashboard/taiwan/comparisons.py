"""Figures of TAIFEX beside those of its own daily report."""

from __future__ import annotations

from indextracker_catalogue import taiwan as t
from indextracker_dashboard.comparisons import Comparison

DAILY_REPORT = Comparison(
    name="daily_report",
    title="Trades and the exchange's daily report",
    about=(
        "Each contract and part of the session: prices and volume that were computed from trades, "
        "beside those of the exchange's daily report."
    ),
    table=t.RECONCILIATION,
    group="product",
    outcome="class",
    outcomes={
        "unexplained": "prices or volumes differ, and nothing explains it",
        "block trades": "prices agree and the official volume is higher: the report counts "
        "negotiated block trades, which files of trades leave out",
        "equal": "all figures agree",
    },
    sums=("official_contracts", "computed_contracts", "contracts_difference"),
    columns=(
        "session_part",
        "product",
        "expiry",
        "strike",
        "option_type",
        "class",
        "official_contracts",
        "computed_contracts",
        "contracts_difference",
        *(
            f"{side}_{of}"
            for of in ("open", "high", "low", "close")
            for side in ("official", "computed")
        ),
    ),
)
