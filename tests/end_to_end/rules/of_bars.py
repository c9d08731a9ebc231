"""Rules of bars and of the figures of sessions."""

from end_to_end.breaking import Rule
from end_to_end.rules.case import (
    FUTURES_BARS,
    FUTURES_SESSIONS,
    INDEX_BARS,
    INDEX_SESSIONS,
    SPREAD_BARS,
    Case,
)

BAR_RULES = (
    Case(
        "there are five scales",
        Rule("SCALES_MINUTES", "(1, 5, 15, 30, 60)", "(1, 5, 15, 30)"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a bar is named by its start",
        Rule("bar_start", "local - F.pmod(local, width)", "local - F.pmod(local, width) + width"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the interval of a bar holds its start and not its end",
        Rule("bar_start", "local - F.pmod(local, width)", "local - 1 - F.pmod(local - 1, width)"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "bars are aligned to midnight, not to the opening",
        Rule("bar_start", "local - F.pmod(local, width)", "local - F.pmod(local - 2_700, width)"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a print exactly at the close belongs to the last bar",
        Rule("bars.folded", "X == close_seconds", "F.lit(False)"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "only a print exactly at the close is folded",
        Rule("bars.folded", "X == close_seconds", "X % 900 == 0"),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "an index closes at 13:30:00",
        Rule("STOCKS_CLOSE", "X", '"13:45:00"'),
        (INDEX_BARS,),
    ),
    Case(
        "a contract closes at 13:30:00 on its last day",
        Rule("contracts.closes", "F.when(last_day, X).otherwise(Y)", "Y"),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a far contract's print at 13:30:00 is not folded",
        Rule(
            "contracts.closes", 'F.col("session_date") == F.col("last_trading_date")', "F.lit(True)"
        ),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the night closes at 05:00:00",
        Rule("NIGHT_CLOSE", "X", '"04:00:00"'),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a spread closes with its near leg",
        Rule("spread_bars", '_placed(X, Y, "near_expiry")', '_placed(X, Y, "far_expiry")'),
        (SPREAD_BARS,),
    ),
    Case(
        "prices come from outright trades alone",
        Rule(
            "futures_bars",
            "X.unionByName(legs[0])",
            'X.unionByName(legs[0]).unionByName(spreads.withColumnRenamed("near_expiry", "expiry")'
            '.withColumn("spread_contracts", F.lit(0)).select(*counted))',
        ),
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone has a bar",
        Rule("futures_bars", "_placed(rows, *X)", '_placed(rows.where("contracts > 0"), *X)'),
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone has null prices",
        Rule("bars._price", "units / _UNITS", "F.coalesce(units / _UNITS, F.lit(0.0))"),
        (FUTURES_BARS,),
    ),
    Case(
        "a minute with legs alone neither opens",
        Rule(
            "bars._prices", "before + _units(first)", "F.coalesce(before + _units(first), before)"
        ),
        (FUTURES_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "nor closes a coarser bar",
        Rule("bars._prices", "before + _units(last)", "F.coalesce(before + _units(last), before)"),
        (FUTURES_BARS, FUTURES_SESSIONS),
    ),
    Case(
        "the mean is not weighted by contracts",
        Rule(
            "bars.with_figures",
            'F.when(n > 0, _double(F.col(total), 4) / n.cast("double"))',
            'F.when(n > 0, _double(F.col(f"price_{figures.volume}_sum"), 4) / F.col("contracts"))',
        ),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std is that of a sample",
        Rule("bars.with_figures", 'n.cast("double") - F.lit(1.0)', 'n.cast("double")'),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std is null below two rows",
        Rule("bars.with_figures", "F.when(n > 1, X)", "F.when(n > 1, X).otherwise(F.lit(0.0))"),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "std comes from exact sums",
        Rule(
            "bars.with_figures",
            "_double(squares, 8)",
            "n * _double(F.col(square), 8) - _double(F.col(total), 4) * _double(F.col(total), 4)",
        ),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "the vwap is weighted by contracts",
        Rule("bars.printed", "units * weight", "units"),
        (FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "trades counts rows",
        Rule("bars.printed", "X.otherwise(1)", 'X.otherwise(F.col("line") % 2)'),
        (INDEX_BARS, FUTURES_BARS, SPREAD_BARS),
    ),
    Case(
        "a session opens with its first minute and closes with its last",
        Rule("of_minutes", "_prices(minute, *X)", "_prices(-minute, *X)"),
        (INDEX_SESSIONS, FUTURES_SESSIONS),
    ),
    Case(
        "a session is added up from one-minute bars",
        Rule("sessions_of", 'X.where("scale_minutes = 1")', "X"),
        (INDEX_SESSIONS, FUTURES_SESSIONS),
    ),
    Case(
        "a session has its parts and the whole",
        Rule("sessions_of", 'F.array(X, F.lit("whole"))', "F.array(X)"),
        (INDEX_SESSIONS, FUTURES_SESSIONS, "gold/spread_sessions"),
    ),
)
