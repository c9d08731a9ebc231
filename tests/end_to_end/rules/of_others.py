"""Rules of options, of the ETF, of the daily report and its reconciliation."""

from end_to_end.breaking import Rule
from end_to_end.rules.case import (
    CONTRACTS,
    DAILY,
    ETF,
    ETF_BARS,
    ETF_SESSIONS,
    OPTION_BARS,
    OPTION_SESSIONS,
    RECONCILED,
    REJECTS,
    SIDES,
    Case,
)
from support.market import AFTER_NEW_YEAR, MONDAY

OPTION_RULES = (
    Case(
        "an option's second is Taipei's",
        Rule("UTC_OFFSET_SECONDS", "X", "0"),
        (SIDES, ETF),
    ),
    Case(
        "an option's night is the evening before",
        Rule("clock.session_parts", "(days < X) | Y", "Y"),
        (SIDES,),
    ),
    Case(
        "options with an expiry of another form are rejects",
        Rule("OPTION_LINE", "(*_AT, EXPIRY, *X)", "(*_AT, _SOME, *X)"),
        (REJECTS,),
    ),
    Case(
        "options that are neither call nor put are rejects",
        Rule("OPTION_LINE", "OPTION_TYPE", '"[A-Z]"'),
        (REJECTS,),
    ),
    Case(
        "a strike that is no number is a reject",
        Rule("OPTION_LINE", "STRIKE", "_SOME"),
        (REJECTS,),
    ),
    Case(
        "contracts of options are contracts of the session",
        Rule("option_contracts", "trades.select(*X)", 'trades.select(*X).where("false")'),
        (CONTRACTS,),
    ),
    Case(
        "two sides make a contract",
        Rule("bars.exact", "whole(figures.volume)", "F.col(figures.volume)"),
        (OPTION_BARS, OPTION_SESSIONS),
    ),
    Case(
        "a price counts once for both sides",
        Rule("bars.exact", "F.shiftright(name, 1)", "F.col(name)"),
        (OPTION_BARS,),
    ),
    Case(
        "the figures of options are weighted by contracts",
        Rule("Figures.weight", "self.volume if X else self.count", "self.count"),
        (OPTION_BARS, OPTION_SESSIONS),
    ),
    Case(
        "the square of a price is weighted like the price",
        Rule("bars.printed", "square * weight", "square"),
        (OPTION_BARS,),
    ),
    Case(
        "prints of options are rows",
        Rule("bars.printed", "X.otherwise(1)", 'X.otherwise(F.col("line") % 2)'),
        (OPTION_BARS,),
    ),
    Case(
        "an option closes at 13:30:00 on its last day",
        Rule("contracts.closes", "F.when(last_day, X).otherwise(Y)", "Y"),
        (OPTION_BARS,),
    ),
)

ETF_RULES = (
    Case(
        "an ETF trades in lots",
        Rule("_etf_trades", "pc.multiply(cells.typed(X, whole), Y)", "cells.typed(X, whole)"),
        (ETF,),
    ),
    Case(
        "an ETF's trade has its milliseconds",
        Rule("_etf_trades", "clock.instants(X, Y, Z)", "clock.instants(X, Y)"),
        (ETF,),
    ),
    Case(
        "2 is initiated by the seller",
        Rule("_etf_trades", '{"1": "buy", "2": "sell"}', '{"1": "sell", "2": "buy"}'),
        (ETF,),
    ),
    Case(
        "trades at the fixed price are in no bar",
        Rule("FIXED_PRICE_OPENS", "X", '"15:00:00"'),
        (ETF_BARS, ETF_SESSIONS),
        MONDAY,
    ),
    Case(
        "an ETF closes at 13:30:00",
        Rule("STOCKS_CLOSE", "X", '"13:45:00"'),
        (ETF_BARS,),
        AFTER_NEW_YEAR,
    ),
)

REPORT_RULES = (
    Case(
        "the report's words for day and night",
        Rule("_figures", "{DAY_PART: X, NIGHT_PART: Y}", "{DAY_PART: Y, NIGHT_PART: X}"),
        (DAILY,),
    ),
    Case(
        "the report's words for call and put",
        Rule("_figures", "{CALL: X, PUT: Y}", "{CALL: Y, PUT: X}"),
        (DAILY,),
    ),
    Case(
        "the report has rows of spreads",
        Rule("REPORTED_FUTURES_LINE", "(_OUTRIGHT, X)", "(_OUTRIGHT,)"),
        (DAILY, REJECTS),
    ),
    Case(
        "a spread may cost less than nothing",
        Rule("REPORTED_FUTURES_LINE", 'f"({SIGNED}|-)"', 'f"({PRICE}|-)"'),
        (DAILY, REJECTS),
    ),
    Case(
        "legs of spreads are part of a contract's volume",
        Rule(
            "reconciliation.of_futures",
            'F.col("contracts") + F.col("spread_contracts")',
            'F.col("contracts")',
        ),
        (RECONCILED,),
    ),
    Case(
        "a spread stands under its near and its far expiry",
        Rule("reconciliation.of_futures", 'F.concat_ws("/", X, Y)', 'F.concat_ws("/", Y, X)'),
        (RECONCILED,),
    ),
    Case(
        "parts of a session are reconciled, not the whole",
        Rule("_reconciled", "X.where(\"session_part <> 'whole'\")", "X"),
        (RECONCILED,),
    ),
    Case(
        "what the report alone has are blocks",
        Rule("_reconciled", "agreed & (difference > 0)", "agreed & (difference < 0)"),
        (RECONCILED,),
    ),
    Case(
        "a contract without trades is known to the report",
        Rule("_reconciled", "X.fillna(0, Y)", "X"),
        (RECONCILED,),
    ),
)
