"""Reference data that the jobs read: sessions, products, names, expiries by rule."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import (
    EXPIRY,
    INDEX,
    INSTRUMENT,
    PRODUCT,
    SESSION,
    SYMBOL,
)
from indextracker_catalogue.timeline import Whole

SESSIONS = Table(
    layer="silver",
    name="sessions",
    meaning="One row per trading session of an exchange, past and foreseeable.",
    key=("exchange", "session_date"),
    timeline=Whole(),
    by_job=False,
    in_warehouse=True,
    columns=(
        Column("exchange", "string", "Exchange by its ISO 10383 code, such as XTAI."),
        SESSION,
        Column("opened_at", "timestamp", "Opening of the cash market."),
        Column("closed_at", "timestamp", "Close of the cash market."),
        Column("previous_session_date", "date", "The session before; null in the first row."),
    ),
    checks=(
        Check("opens_before_close", "opened_at >= closed_at", "A session opens before it closes."),
        Check(
            "previous_is_before",
            "previous_session_date >= session_date",
            "The previous session is an earlier one.",
        ),
    ),
)

CLOSURES = Table(
    layer="silver",
    name="closures",
    meaning="One row per closure that is not in the exchange's yearly schedule.",
    key=("exchange", "closed_date"),
    timeline=Whole(),
    by_job=False,
    columns=(
        Column("exchange", "string", "Exchange by its ISO 10383 code."),
        Column("closed_date", "date", "Day without a session."),
        Column(
            "announced_on", "date", "Day of the notice; the closure is known from the day after."
        ),
        Column("reason", "string", "Why the exchange was closed."),
        Column("source", "string", "The notice."),
    ),
)

PRODUCTS = Table(
    layer="silver",
    name="products",
    meaning="One row per product of TAIFEX and period in which its terms held.",
    key=("product", "valid_from"),
    timeline=Whole(),
    by_job=False,
    in_warehouse=True,
    columns=(
        PRODUCT,
        Column("name", "string", "Name of the product."),
        Column(
            "underlying", "string", "Index id of the underlying, where it is one of the indices."
        ),
        Column("kind", "string", "index, stock, etf, fx, commodity or foreign_index."),
        INSTRUMENT,
        Column("multiplier", "double", "Value of one point or unit.", "currency"),
        Column("currency", "string", "Currency of settlement, ISO 4217."),
        Column(
            "tick_size", "double", "Smallest step of the price; null where it depends on the price."
        ),
        Column("day_open", "string", "Opening of the day part, HH:MM:SS local."),
        Column("day_close", "string", "Close of the day part, HH:MM:SS local."),
        Column(
            "last_day_close", "string", "Close on a contract's last trading day, HH:MM:SS local."
        ),
        Column(
            "night_open",
            "string",
            "Opening of the night part, HH:MM:SS local; null without a night.",
        ),
        Column(
            "night_close",
            "string",
            "Close of the night part, HH:MM:SS local; null without a night.",
        ),
        Column("expiry_rule", "string", "Rule that dates its expiries; 'unknown' gives no dates."),
        Column("valid_from", "date", "First session of these terms."),
        Column("valid_to", "date", "Last session of these terms; null while they hold."),
        Column("source", "string", "Where the terms are published.", width=1024),
        Column(
            "trades_after_last_day",
            "boolean",
            "Whether an expiring contract trades on in the night after its last trading day.",
        ),
    ),
    checks=(
        Check("valid_period", "valid_to < valid_from", "Terms end after they begin."),
        Check("multiplier_positive", "multiplier <= 0", "The multiplier is above zero."),
    ),
)

INDICES = Table(
    layer="silver",
    name="indices",
    meaning="One row per name under which a publisher prints an index.",
    key=("index_name",),
    timeline=Whole(),
    by_job=False,
    in_warehouse=True,
    columns=(
        Column("index_name", "string", "The publisher's name, in its own language."),
        INDEX,
        Column("name", "string", "English name; TAIEX for the main index."),
        Column("market", "string", "Market that the index covers."),
        Column("source", "string", "Where the name is published.", width=1024),
    ),
)

EXPIRIES = Table(
    layer="silver",
    name="expiries",
    meaning=(
        "One row per expiry rule and expiry code inside the calendar, whether it was traded or "
        "not: the dates that the rule gives."
    ),
    key=("expiry_rule", "expiry"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column("expiry_rule", "string", "Rule, as in silver/products."),
        EXPIRY,
        Column("nominal_date", "date", "Day that the rule names, before a closure moves it."),
        Column("last_trading_date", "date", "Last session in which the contract trades."),
        Column("final_settlement_date", "date", "Session of the final settlement."),
    ),
    checks=(
        Check(
            "settles_after_trading",
            "final_settlement_date < last_trading_date",
            "A contract settles on or after its last trading day.",
        ),
    ),
)

EXPIRE_CODES = Table(
    layer="silver",
    name="expire_codes",
    meaning=(
        "One row per expiry and relative code that it has, with the sessions in which it has it: "
        "M, M+1, M+2, Q+1 to Q+3, W, W+1, F, F+1."
    ),
    key=("expiry_rule", "expiry", "expire_code"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column("expiry_rule", "string", "Rule, as in silver/products."),
        EXPIRY,
        Column("expire_code", "string", "Relative code."),
        Column("valid_from", "date", "First session of the code."),
        Column("valid_to", "date", "Last session of the code."),
    ),
    checks=(Check("valid_period", "valid_to < valid_from", "A code ends after it begins."),),
)

ETFS = Table(
    layer="silver",
    name="etfs",
    meaning="One row per ETF whose trades are kept.",
    key=("symbol",),
    timeline=Whole(),
    by_job=False,
    in_warehouse=True,
    columns=(
        SYMBOL,
        Column("name", "string", "Name of the ETF."),
        Column("underlying", "string", "Index id of the index that it follows."),
        Column("lot_shares", "bigint", "Shares of a lot.", "shares"),
        Column("listed_on", "date", "First session; null where not known."),
        Column("source", "string", "Where these facts are published.", width=1024),
    ),
)
