"""Gold tables of India's NSE: prices that compare over corporate actions, and what follows."""

from __future__ import annotations

from indextracker_catalogue.india.columns import SERIES, SESSION, SYMBOL, XNSE
from indextracker_catalogue.model import Check, Column, Table

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
        Column("open", "double", "First price of the session.", "INR"),
        Column("high", "double", "Highest price of the session.", "INR"),
        Column("low", "double", "Lowest price of the session.", "INR"),
        Column("close", "double", "Closing price.", "INR"),
        Column("shares", "bigint", "Shares traded.", "shares"),
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
            "factor <> 1 and reason is null",
            "A factor follows from an action.",
        ),
    ),
)
