"""Rules of time and sessions, and of what a line is."""

from end_to_end.breaking import Rule
from end_to_end.rules.case import (
    CONTRACTS,
    INDEX_BARS,
    INDEX_SESSIONS,
    LEVELS,
    REJECTS,
    SPREADS,
    TRADES,
    Case,
)
from support.market import AFTER_NEW_YEAR, MONDAY

TIME = (
    Case(
        "stored times are UTC instants",
        Rule("UTC_OFFSET_SECONDS", "X", "0"),
        (LEVELS, TRADES, SPREADS),
    ),
    Case(
        "days that the exchange closed are no sessions",
        Rule(
            "calendars._trading_days",
            "X.days(Y)",
            "TradingDays(X, X.sessions(X.start, Y), Y)",
        ),
        (CONTRACTS,),
        AFTER_NEW_YEAR,
    ),
    Case(
        "a trade belongs to the session of its file",
        Rule("ticks._in_time", "pc.less_equal(X, Y)", "pc.equal(X, Y)"),
        (TRADES, SPREADS, REJECTS),
    ),
    Case(
        "a trade of the day before is of the night",
        Rule("clock.session_parts", "(days < X) | Y", "Y"),
        (TRADES, SPREADS),
    ),
    Case(
        "Monday's session holds Friday night",
        Rule("clock.session_parts", "days < X", "days == X - 1"),
        (TRADES, SPREADS),
        MONDAY,
    ),
    Case(
        "a trade before 08:00:00 is of the night",
        Rule("NIGHT_ENDS", "X", '"00:00:00"'),
        (TRADES, SPREADS),
    ),
    Case(
        "a trade at 08:00:00 is of the day",
        Rule("clock.session_parts", "seconds < X", "seconds <= X"),
        (TRADES, SPREADS),
    ),
    Case(
        "some products trade by day after 15:00:00",
        Rule("clock.session_parts", "seconds < X", "(seconds < X) | (seconds >= 15 * 3600)"),
        (TRADES, SPREADS),
    ),
    Case(
        "the row of 09:00:00 is marked as the previous close",
        Rule("PREVIOUS_CLOSE_ROW", "X", '"09:00:05"'),
        (LEVELS, INDEX_BARS, INDEX_SESSIONS),
    ),
    Case(
        "the previous close is kept",
        Rule(
            "reports._levels",
            "pa.table(X)",
            'pa.table(X).filter(pc.invert(pa.table(X)["is_previous_close"]))',
        ),
        (LEVELS,),
    ),
    Case(
        "the previous close is in no bar",
        Rule("index_bars", 'X.where("not is_previous_close")', "X"),
        (INDEX_BARS, INDEX_SESSIONS),
    ),
    Case(
        "all indices of the report are kept",
        Rule(
            "reports._levels",
            "pa.table(X)",
            'pa.table(X).filter(pc.is_in(lines["index_name"].cast(pa.string()), pa.array(ids)))',
        ),
        (LEVELS,),
    ),
    Case(
        "the names of an index are mapped to its id",
        Rule("reports._levels", "cells.replaced(X, ids)", "cells.replaced(X, {})"),
        (LEVELS,),
    ),
    Case(
        "an unmapped name is its own id",
        Rule(
            "reports._levels",
            "cells.replaced(X, ids)",
            'cells.replaced(X, {n: ids.get(n, "UNKNOWN") for n in X.unique().to_pylist()})',
        ),
        (LEVELS,),
    ),
    Case(
        "lines of a tick file count from its header",
        Rule(
            "taifex_ticks._lines",
            "split_lines(X, Y, first, begin=Z)",
            "split_lines(X, Y, 1, begin=Z)",
        ),
        (TRADES, SPREADS, REJECTS),
    ),
    Case(
        "lines of a report in JSON count from 1",
        Rule("twse._read_json", "list(range(1, len(data) + 1))", "list(range(len(data)))"),
        (LEVELS,),
    ),
)
