"""Tables of the flow of options: what was traded and what is held, by strike and by expiry."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.bars import WEIGHTED
from indextracker_catalogue.taiwan.columns import (
    EXPIRY,
    PART_OR_WHOLE,
    PARTS_OR_WHOLE,
    PRODUCT,
    SESSION,
    STRIKE,
    XTAI,
)

_SIDES = ("call", "put")
_HELD_IN = "known at the end of a session, in rows of the whole session alone"


def _traded(of: str) -> tuple[Column, ...]:
    counts = tuple(
        Column(f"{side}_contracts", "bigint", f"Contracts of {side}s traded.", "contracts")
        for side in _SIDES
    )
    turnovers = tuple(
        Column(
            f"{side}_turnover",
            WEIGHTED,
            f"Premium paid for {side}s {of}: price times contracts times multiplier; null where "
            "the terms of the product are not known.",
            "TWD",
        )
        for side in _SIDES
    )
    return counts + turnovers


def _held(what: str) -> tuple[Column, ...]:
    open_interest = tuple(
        Column(
            f"{side}_open_interest",
            "bigint",
            f"Open contracts of {side}s by the daily report, {_HELD_IN}; null where it has {what}.",
            "contracts",
        )
        for side in _SIDES
    )
    changes = tuple(
        Column(
            f"{side}_open_interest_change",
            "bigint",
            f"Open contracts of {side}s less those of the session before, of contracts that are "
            "new all; null where either report is missing.",
            "contracts",
        )
        for side in _SIDES
    )
    return open_interest + changes


OPTION_FLOW = Table(
    layer="gold",
    name="option_flow",
    meaning=(
        "One row per strike of options and part of the session in which a call or a put at it was "
        "traded; of the whole session also where one is listed in the daily report. 'whole' is the "
        "sum of the parts."
    ),
    key=("session_date", "product", "expiry", "strike", "session_part"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    spread_by="strike",  # most options are of one product
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        STRIKE,
        PART_OR_WHOLE,
        *_traded("at the strike"),
        *_held("no such contract"),
    ),
    checks=(
        PARTS_OR_WHOLE,
        Check(
            "traded_in_parts",
            "session_part <> 'whole' and call_contracts + put_contracts <= 0",
            "In a part of the session something was traded.",
        ),
        Check(
            "nothing_negative",
            " or ".join(
                f"{side}_{of} < 0"
                for side in _SIDES
                for of in ("contracts", "turnover", "open_interest")
            ),
            "Contracts, turnover and open interest are not negative.",
        ),
    ),
)


def _ratio(name: str, of: str) -> Column:
    return Column(
        name, "double", f"Puts to calls by {of}; null without calls, or where it is not known."
    )


OPTION_FLOW_EXPIRIES = Table(
    layer="gold",
    name="option_flow_expiries",
    meaning=(
        "One row per expiry of options and part of the session: gold/option_flow added up over its "
        "strikes, and what follows from them."
    ),
    key=("session_date", "product", "expiry", "session_part"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        PART_OR_WHOLE,
        *_traded("of the expiry"),
        *_held("no contract of the expiry"),
        _ratio("put_call_contracts", "contracts traded"),
        _ratio("put_call_turnover", "premium paid"),
        _ratio("put_call_open_interest", "open contracts"),
        Column(
            "volume_weighted_strike",
            "double",
            "Mean strike of the contracts traded; null where none was.",
            "quote",
        ),
        Column(
            "max_pain_strike",
            "decimal(12,4)",
            "Of the strikes with open contracts the one, the lowest of several, at which holders "
            "of all of them would be paid least if the final settlement price were it. Null where "
            "none is open or known.",
            "quote",
        ),
        Column(
            "max_pain_payout",
            WEIGHTED,
            "What they would be paid then; null likewise, and where the terms of the product are "
            "not known.",
            "TWD",
        ),
    ),
    checks=(
        PARTS_OR_WHOLE,
        Check(
            "ratios_not_negative",
            "put_call_contracts < 0 or put_call_turnover < 0 or put_call_open_interest < 0",
            "Ratios of counts are not negative.",
        ),
    ),
)
