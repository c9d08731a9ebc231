"""Gold tables of India's NSE: prices that compare over corporate actions, and what follows."""

from __future__ import annotations

from indextracker_catalogue.india import terms
from indextracker_catalogue.india.columns import (
    CLOSE,
    HIGH,
    LOW,
    OPEN,
    SERIES,
    SESSION,
    SHARES,
    SYMBOL,
    XNSE,
)
from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Whole

INSTRUMENT = Column("instrument_id", "string", "The instrument, as in silver/instruments.")

EQUITIES_ADJUSTED = Table(
    layer="gold",
    name="equities_adjusted",
    meaning=(
        "One row per security and session: its prices as published, and the factor by which those "
        "of earlier sessions of the instrument compare with them. A price as of a date is the "
        "price times the factors of all later sessions up to that date: no later action is in it."
    ),
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        INSTRUMENT,
        Column("previous_close", "double", "As in silver/equities_daily, not adjusted.", "INR"),
        OPEN,
        HIGH,
        LOW,
        CLOSE,
        SHARES,
        Column(
            "factor",
            "double",
            "What actions that take effect in this session leave of an earlier price, the same in "
            "all series of an instrument; 1 without any, null where it is not known.",
        ),
        Column(
            "actions",
            "string",
            "Kinds of all actions that take effect, joined by +; null without any. A dividend or a "
            "demerger leaves the factor as it is.",
        ),
        Column("reason", "string", "These actions as published, joined by ;."),
        Column(
            "factor_missing",
            "string",
            "Why the factor is not known, such as `rights without a price`; null where it is.",
        ),
    ),
    checks=(
        Check("factor_positive", "not factor > 0", "A factor is above zero."),
        Check(
            "factor_known",
            "factor is null",
            "What an action leaves of a price is known: a rights issue says what a share costs.",
            "warn",
        ),
        Check(
            "factor_has_a_reason",
            "factor <> 1 and reason is null or factor is null and factor_missing is null",
            "A factor follows from an action, and why one is not known is told.",
        ),
    ),
)

EQUITY_FACTORS = Table(
    layer="gold",
    name="equity_factors",
    meaning=(
        "One row per instrument and time between its corporate actions: what a price of these "
        "sessions is multiplied by to compare with one of the newest. What two of its rows have, "
        "one over the other, compares a price of one time with one of the other."
    ),
    key=("instrument_id", "valid_from"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        INSTRUMENT,
        Column("valid_from", "date", "First session of the time."),
        Column("valid_to", "date", "Last session of it."),
        Column(
            "factor",
            "double",
            "Product of the factors of all later sessions in gold/equities_adjusted; null where "
            "one of them is not known.",
        ),
    ),
    checks=(
        Check("factor_positive", "not factor > 0", "A factor is above zero."),
        Check("valid_for_a_session", "valid_to < valid_from", "A row is valid for a session."),
    ),
)

EQUITY_RETURNS = Table(
    layer="gold",
    name="equity_returns",
    meaning=(
        "One row per instrument and session, under the series that is its own: returns over "
        "sessions and the range of 52 weeks, in prices as of that session."
    ),
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        INSTRUMENT,
        CLOSE,
        *(
            Column(
                f"return_{sessions}",
                "double",
                f"Close over the adjusted close of {sessions} sessions before, less 1; null where "
                "there was no trade in that session, or a factor since then is not known.",
                "fraction",
            )
            for sessions in terms.RETURN_SESSIONS
        ),
        Column(
            "high_52_weeks",
            "double",
            "Highest price of 52 weeks up to this session, adjusted; null where a factor in them "
            "is not known.",
            "INR",
        ),
        Column("low_52_weeks", "double", "Lowest price of 52 weeks, likewise.", "INR"),
        Column(
            "sessions_52_weeks",
            "bigint",
            "Sessions of these 52 weeks in which it was traded, as far as the lake has them.",
            "sessions",
        ),
        Column(
            "new_high",
            "boolean",
            "Whether a price of the session is above all of the 52 weeks before, as far as the "
            "lake has them; null where there is none to compare with.",
        ),
        Column("new_low", "boolean", "Whether one is below all of them, likewise."),
    ),
    checks=(
        Check(
            "range_holds_the_close",
            "close > high_52_weeks * (1 + 1e-9) or close < low_52_weeks * (1 - 1e-9)",
            "The close lies in the range of its 52 weeks.",
            "warn",
        ),
        Check("nothing_is_lost_twice", "return_1 < -1", "No return is below -1."),
    ),
)

EQUITY_BREADTH = Table(
    layer="gold",
    name="equity_breadth",
    meaning=(
        "One row per series and session: how many instruments rise and fall. Units of funds, which "
        "are traded in series EQ too, are not counted."
    ),
    key=("session_date", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SERIES,
        Column("securities", "bigint", "Instruments traded."),
        Column("advances", "bigint", "Those above the adjusted close of the session before."),
        Column("declines", "bigint", "Those below it."),
        Column("unchanged", "bigint", "Those that equal it."),
        Column("not_compared", "bigint", "Those without a return over one session."),
        Column("new_highs", "bigint", "Those with a new high of 52 weeks."),
        Column("new_lows", "bigint", "Those with a new low of 52 weeks."),
    ),
    checks=(
        Check(
            "every_security_is_counted",
            "securities <> advances + declines + unchanged + not_compared",
            "Each instrument rises, falls, stays or is not compared.",
        ),
    ),
)

CORPORATE_ACTION_SUSPECTS = Table(
    layer="gold",
    name="corporate_action_suspects",
    meaning=(
        "One row per instrument and session whose open and corporate actions do not fit: a move "
        "that no action explains, an action that no move shows, a move far beyond its action, and "
        "actions or large moves of which the factor is not known."
    ),
    key=("session_date", "symbol", "series"),
    timeline=XNSE,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        SERIES,
        INSTRUMENT,
        Column("class", "string", "What does not fit, in words."),
        Column("previous_close", "double", "Closing price before, not adjusted.", "INR"),
        OPEN,
        Column("move", "double", "Open over previous close.", "ratio"),
        Column("factor", "double", "What the actions should leave of a price.", "ratio"),
        Column("actions", "string", "Kinds of the actions, as in gold/equities_adjusted."),
        Column("reason", "string", "The actions as published."),
        Column("factor_missing", "string", "As in gold/equities_adjusted."),
    ),
    checks=(
        Check(
            "moves_and_actions_fit",
            "true",
            "Prices move by what corporate actions leave of them.",
            "warn",
        ),
    ),
)
