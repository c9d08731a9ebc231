"""The table of the volatility index, and the rules by which prices count for it."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import PRODUCT, SESSION, XTAI

OPTIONS_PRODUCT, FUTURES_PRODUCT = "TXO", "TX"
"""The options of the index, and the future that settles at the same price as they."""

EVERY_MINUTES = 5
HORIZON_DAYS = 30

MOST_AGE_MINUTES = 30
"""A price counts if the trade is not older. On 2021-07-26 the next term had five strikes on both
sides at 55 of 60 moments; with a quarter of an hour at 35."""

LEAST_STRIKES = 5
"""On each side of the money. With fewer, what is left out weighs more than what is there."""

LEAST_DAYS = 7
"""An expiry in less than a week is no near term: Cboe's rule of 2003 to 2014, for monthlies."""

TERMS = ("near", "next")


def _of_term(term: str) -> tuple[Column, ...]:
    return (
        Column(f"{term}_expiry", "string", f"Expiry code of the {term} term; null where none is."),
        Column(
            f"{term}_years",
            "double",
            f"Time to the close of the last trading day of the {term} term.",
            "years of 365 days",
        ),
        Column(
            f"{term}_forward",
            "double",
            f"Last price of the future of the {term} term; null where it is too old.",
            "points",
        ),
        Column(
            f"{term}_k0",
            "double",
            "The highest strike with a price at or below the forward.",
            "points",
        ),
        Column(f"{term}_puts", "int", "Strikes below it whose put has a price that counts."),
        Column(f"{term}_calls", "int", "Strikes above it whose call has a price that counts."),
        Column(
            f"{term}_age_minutes",
            "double",
            "Mean age of the prices of these strikes, by the minutes in which they were traded.",
            "min",
        ),
        Column(
            f"{term}_variance",
            "double",
            f"Variance of the {term} term, a year; null with too few strikes.",
        ),
    )


VOLATILITY_INDEX = Table(
    layer="gold",
    name="volatility_index",
    meaning=(
        f"One row per {EVERY_MINUTES} minutes of the day part: the volatility over the next "
        f"{HORIZON_DAYS} days that the prices of options on TAIEX ask for, and what it was made of."
    ),
    key=("session_date", "product", "observed_at"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        Column("observed_at", "timestamp", "The instant up to which prices count."),
        Column(
            "volatility_index",
            "double",
            "Volatility a year, in hundredths; null where it is not known.",
            "%",
        ),
        Column("reason", "string", "Why there is none; null where there is one."),
        *(column for term in TERMS for column in _of_term(term)),
    ),
    checks=(
        Check(
            "known_or_reason",
            "(volatility_index is null) <> (reason is not null)",
            "There is either an index or the reason for its absence.",
        ),
        Check("index_positive", "not volatility_index > 0", "A volatility is above zero."),
        Check(
            "next_after_near",
            "next_years <= near_years",
            "The next term ends after the near term.",
        ),
    ),
)
