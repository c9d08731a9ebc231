"""Rules of contracts, expiries, codes and volume."""

from end_to_end.breaking import Rule
from end_to_end.rules.case import (
    CONTRACTS,
    FUTURES_BARS,
    INDEX_BARS,
    REJECTS,
    SPREAD_BARS,
    SPREADS,
    TRADES,
    Case,
)
from support.market import AFTER_NEW_YEAR, AFTER_TYPHOON, BEFORE_TYPHOON

CONTRACT_RULES = (
    Case(
        "a product closes at its own hour",
        Rule("contracts._with_terms", 'F.coalesce("day_close", X)', "X"),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "terms hold from their first session to their last",
        Rule(
            "contracts._with_terms",
            'X & (F.col("session_date") >= Y) & (F.col("until").isNull() | Z)',
            "X",
        ),
        (CONTRACTS, FUTURES_BARS),
    ),
    Case(
        "a product without terms keeps its contracts",
        Rule("contracts._with_terms", 'X.join(terms, Y, "left")', 'X.join(terms, Y, "inner")'),
        (CONTRACTS,),
    ),
    Case(
        "a product without terms closes at 13:45:00",
        Rule("ASSUMED_DAY_CLOSE", "X", '"13:30:00"'),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a product without terms closes at 13:30:00 on the last day",
        Rule("ASSUMED_LAST_DAY_CLOSE", "X", '"13:45:00"'),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a product without terms expires on third Wednesdays",
        Rule("ASSUMED_EXPIRY_RULE", "X", '"third_last_session_even"'),
        (CONTRACTS,),
    ),
    Case(
        "an expiry of another form is a reject",
        Rule("forms.EXPIRY", 'f"([WF][1-5])?"', 'f"([A-Z][1-5])?"'),
        (TRADES, REJECTS),
    ),
    Case(
        "a price that is no number is a reject",
        Rule("FUTURES_LINE", "(*_AT, EXPIRY, PRICE, *X)", '(*_AT, EXPIRY, ".+", *X)'),
        (REJECTS,),
    ),
    Case(
        "a line of too few cells is a reject",
        Rule("cells.holds", "pc.fill_null(X, False)", "pc.fill_null(X, True)"),
        (REJECTS,),
    ),
    Case(
        "a monthly ends on the third Wednesday",
        Rule(
            "RULES",
            'WeekdayRule("Wed", 3, weeklies=True)',
            'WeekdayRule("Wed", 2, weeklies=True)',
        ),
        (CONTRACTS,),
    ),
    Case(
        "Wn ends on the nth Wednesday",
        Rule("_by_weekday", '("W", "Wed")', '("W", "Thu")'),
        (CONTRACTS,),
    ),
    Case(
        "the third Wednesday is no weekly",
        Rule("_by_weekday", 'X.where("n <> 3")', "X"),
        (CONTRACTS,),
    ),
    Case(
        "an expiry moves to the next session where its day is closed",
        Rule(
            "RULES",
            'WeekdayRule("Wed", 3, weeklies=True)',
            'WeekdayRule("Wed", 3, back=True, weeklies=True)',
        ),
        (CONTRACTS,),
        AFTER_NEW_YEAR,
    ),
    Case(
        "dates are as known at the session: before the typhoon",
        Rule("contracts._contracts", "_as_known(X, closures)", "X"),
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "dates are as known at the session: after the typhoon",
        Rule("_as_known", 'F.col("announced_on") >= F.col("session_date")', "F.lit(True)"),
        (CONTRACTS,),
        AFTER_TYPHOON,
    ),
    Case(
        "the final settlement moves with the last trading day",
        Rule(
            "_as_known",
            'F.coalesce("expected", "final_settlement_date")',
            'F.col("final_settlement_date")',
        ),
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "where the rule is unknown dates are null",
        Rule("contracts._with_terms", 'F.coalesce("expiry_rule", X)', "X"),
        (CONTRACTS,),
    ),
    Case(
        "M bears its code on its last day",
        Rule(
            "_monthly_codes",
            'F.col("last_trading_date").alias("valid_to")',
            'F.date_sub("last_trading_date", 1).alias("valid_to")',
        ),
        (CONTRACTS,),
    ),
    Case(
        "M is the earliest monthly, not the calendar month",
        Rule(
            "_monthly_codes",
            'month.alias("month")',
            '(month - 1 if code == "M" else month).alias("month")',
        ),
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "M+1 is the next calendar month",
        Rule("_monthly_codes", 'F.col("front") + 1', 'F.col("front") + 2'),
        (CONTRACTS,),
    ),
    Case(
        "M+2 is the calendar month after M+1",
        Rule("_monthly_codes", 'F.col("front") + 2', 'F.col("front") + 3'),
        (CONTRACTS,),
    ),
    Case(
        "Q+1 is the first quarter month after M+2",
        Rule(
            "_monthly_codes",
            'F.col("front") + 3 + F.pmod(F.lit(2) - (F.col("front") + 3), F.lit(3))',
            'F.col("front") + 1 + F.pmod(F.lit(2) - (F.col("front") + 1), F.lit(3))',
        ),
        (CONTRACTS,),
        BEFORE_TYPHOON,
    ),
    Case(
        "Q+2 is the quarter month after Q+1",
        Rule("_monthly_codes", "quarter + 3", "quarter + 6"),
        (CONTRACTS,),
    ),
    Case(
        "Q+3 is the quarter month after Q+2",
        Rule("_monthly_codes", "quarter + 6", "quarter + 9"),
        (CONTRACTS,),
    ),
    Case(
        "the monthly counts among the Wednesday expiries",
        Rule("expire_codes", '~F.col("expiry").contains("F")', 'F.col("expiry").contains("W")'),
        (CONTRACTS,),
    ),
    Case(
        "W+1 is the Wednesday expiry after W",
        Rule("expiries._ordered", "F.lag(X, 2)", "F.lag(X, 3)"),
        (CONTRACTS,),
    ),
    Case(
        "W+1 becomes W once W has ended",
        Rule(
            "_weekly_codes",
            'F.col("ended_1").alias("valid_to")',
            'F.col("last_trading_date").alias("valid_to")',
        ),
        (CONTRACTS,),
    ),
    Case(
        "a contract that trades as a leg alone is a contract of the session",
        Rule("futures_contracts", "X.unionByName(far)", "X"),
        (CONTRACTS,),
    ),
    Case(
        "a contract without a code has one row",
        Rule("contracts._contracts", 'X.join(validity, Y, "left")', 'X.join(validity, Y, "inner")'),
        (CONTRACTS,),
    ),
    Case(
        "both sides of an outright trade are printed",
        Rule("ticks._outright", "_contracts(X, 2)", "_contracts(X, 1)"),
        (TRADES,),
    ),
    Case(
        "both sides of both legs of a spread are printed",
        Rule("ticks._spreads", "_contracts(X, 4)", "_contracts(X, 2)"),
        (SPREADS,),
    ),
    Case(
        "volume that is no multiple of its sides is a reject, never rounded",
        Rule("OUTRIGHT_VOLUME", "X", "VOLUME"),
        (TRADES, REJECTS),
    ),
    Case(
        "a spread trades both its legs",
        Rule("futures_bars", "X.unionByName(legs[1])", "X"),
        (FUTURES_BARS,),
    ),
    Case(
        "a spread trades as many contracts in each leg",
        Rule("futures_bars", 'F.col("contracts")', "F.lit(1)"),
        (FUTURES_BARS,),
    ),
    Case(
        "the opening auction is marked where the file marks it",
        Rule("ticks._marked", 'pc.equal(X, "*")', 'pc.equal(X, "-")'),
        (TRADES,),
    ),
    Case(
        "the open is the first row by line",
        Rule(
            "bars._PRICES",
            '{"first": F.min, "last": X, "high": Y, "low": Z}',
            '{"first": F.max, "last": X, "high": Y, "low": Z}',
        ),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the close is the last row by line",
        Rule(
            "bars._PRICES",
            '{"first": X, "last": F.max, "high": Y, "low": Z}',
            '{"first": X, "last": F.min, "high": Y, "low": Z}',
        ),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "lines order the trades of one second",
        Rule(
            "bars.printed",
            '_prices(F.col("line"), *X)',
            '_prices(local_seconds(F.col("bar_at"), 28_800) * 300 - F.col("line"), *X)',
        ),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the first row opens, marked or not",
        Rule(
            "futures_bars",
            "trades.withColumn(*X)",
            'trades.where("opening_auction").withColumn(*X)',
        ),
        (FUTURES_BARS,),
    ),
)
