"""Every audit between tables passes what agrees, and finds what does not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from support.keys import keys, keys_of

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.checks import examine
from indextracker_catalogue import AUDITS, SUBJECTS, TABLES, Table, tables_of
from indextracker_catalogue import taiwan as t

SESSION, BEFORE = date(2024, 12, 16), date(2024, 12, 13)
OPENED = datetime(2024, 12, 16, 1, tzinfo=UTC)
STEPS = 3_241

Row = dict[str, object]

SERIES: Row = {
    "product": "TXO",
    "expiry": "202412",
    "strike": Decimal("23000.0000"),
    "option_type": "C",
}
OUTRIGHT: Row = {"product": "TX", "expiry": "202412"}
PAIR: Row = {"product": "TX", "near_expiry": "202412", "far_expiry": "202501"}
COMBINED: Row = {"product": "TX", "expiry": "202412/202501", "volume": "8"}
EVENING = datetime(2024, 12, 13, 8, tzinfo=UTC)  # 16:00 on the Friday before
FIRST, SECOND = OPENED, OPENED + timedelta(seconds=1)
SCALES = (1, 5, 15, 30, 60)


def _bars(row: Row) -> list[Row]:
    return [row | {"scale_minutes": scale, "bar_start": OPENED} for scale in SCALES]


def _levels(session: date, index: str, first: float, last: float) -> list[Row]:
    start = datetime(session.year, session.month, session.day, 1, tzinfo=UTC)
    return [
        {
            "session_date": session,
            "index_id": index,
            "observed_at": start + timedelta(seconds=5 * step),
            "level": first if step == 0 else last,
            "is_previous_close": step == 0,
            "line": step + 1,
        }
        for step in range(STEPS)
    ]


AGREEING: dict[Table, list[Row]] = {
    t.FUTURES_TRADES: [
        OUTRIGHT | {"line": 2, "traded_at": FIRST, "session_part": "day", "contracts": 3},
        OUTRIGHT | {"line": 3, "traded_at": SECOND, "session_part": "day", "contracts": 1},
        OUTRIGHT | {"line": 5, "traded_at": EVENING, "session_part": "night", "contracts": 1},
    ],
    t.FUTURES_SPREADS: [
        PAIR
        | {"line": 4, "traded_at": FIRST, "session_part": "day", "contracts": 2}
        | {"near_price": 88.2, "far_price": 88.19},
    ],
    t.TAIFEX_COMBINATION_TRADES: [
        COMBINED
        | {"line": 2, "near_price": "88.2", "far_price": "88.19", "spread_against_spread": "*"},
        COMBINED
        | {"line": 3, "near_price": "88.2", "far_price": "88.18", "spread_against_spread": ""},
        COMBINED
        | {"line": 4, "near_price": "88.2", "far_price": "?", "spread_against_spread": "*"},
    ],
    t.REJECTS: [
        {"feed": "taifex_combination_trades", "line": 4, "text": "?"},
        {"feed": "taifex_futures", "line": 2, "text": "20241216,CDF,?"},
    ],
    t.TAIFEX_VOLUME_TOTALS: [
        {"line": 3, "product": "TX", "spread_volume": "12", "total_volume": "18"},
        {"line": 4, "product": "", "spread_volume": "12", "total_volume": "18"},
    ],
    t.OPTION_TRADES: [
        SERIES
        | {"line": line, "traded_at": FIRST, "session_part": "day", "price": 150.0, "sides": sides}
        for line, sides in ((3, 4), (4, 1), (5, 1))
    ]
    + [
        SERIES
        | {"line": 6, "traded_at": EVENING, "session_part": "night", "price": 150.0, "sides": 2}
    ],
    t.INDEX_LEVELS: [
        *_levels(SESSION, "TAIEX", 23_000.5, 23_100.0),
        *_levels(SESSION, "FINANCE", 1_000.0, 1_001.0),
        *_levels(BEFORE, "TAIEX", 22_900.0, 23_000.5),
    ],
    t.ETF_TRADES: [
        {"symbol": "006204", "line": 1, "traded_at": FIRST, "shares": 1_000},
        {
            "symbol": "006204",
            "line": 2,
            "traded_at": OPENED + timedelta(hours=5, minutes=30),  # at the fixed price
            "shares": 5_000,
        },
    ],
    t.SESSIONS: [
        {
            "exchange": "XTAI",
            "session_date": SESSION,
            "opened_at": OPENED,
            "closed_at": OPENED + timedelta(hours=4, minutes=30),
            "previous_session_date": BEFORE,
        },
        {
            "exchange": "XTAI",
            "session_date": BEFORE,
            "opened_at": OPENED - timedelta(days=3),
            "closed_at": OPENED - timedelta(days=3) + timedelta(hours=4, minutes=30),
        },
    ],
    t.CLOSURES: [{"exchange": "XTAI", "closed_date": date(2024, 10, 31)}],
    t.TWSE_HOLIDAYS: [
        {"line": line, "name": name, "date": day, "description": text, "note": note}
        for line, (name, day, text, note) in enumerate(
            [
                ("國曆新年開始交易日", "2024-12-16", "國曆新年開始交易。", None),
                ("農曆春節前最後交易日", "12月13日", "農曆春節前最後交易。", "o"),
                ("農曆春節前最後交易日", "12月17日", "市場無交易，僅辦理結算交割作業。", "*"),
                ("農曆春節前最後交易日", "2024-12-18", "市場無交易，僅辦理結算交割作業。", None),
                ("國慶日", "2024-10-10", "依規定放假1日。", None),
                ("颱風日", "2024-10-31", "國曆新年開始交易。", "o"),
            ],
            1,
        )
    ],
    t.PRODUCTS: [
        {
            "product": product,
            "valid_from": date(2020, 1, 1),
            "day_open": "08:45:00",
            "day_close": "13:45:00",
            "night_open": "15:00:00",
            "night_close": "05:00:00",
        }
        | {"trades_after_last_day": product == "UDF"}
        for product in ("TX", "TXO", "UDF")
    ],
    t.CONTRACTS: [
        {"product": product, "expiry": "202412", "last_trading_date": last}
        for product, last in (("TX", date(2024, 12, 18)), ("UDF", BEFORE))
    ],
    t.INDEX_BARS: [
        bar
        for session, index in ((SESSION, "TAIEX"), (SESSION, "FINANCE"), (BEFORE, "TAIEX"))
        for bar in _bars({"session_date": session, "index_id": index, "ticks": STEPS - 1})
    ],
    t.ETF_BARS: _bars({"symbol": "006204", "shares": 1_000, "prints": 1}),
    t.FUTURES_BARS: [
        bar
        for legs, expiry in ((2, "202412"), (2, "202501"))
        for bar in _bars(
            OUTRIGHT
            | {"expiry": expiry, "session_part": "day", "spread_contracts": legs}
            | {"contracts": 5 * (expiry == "202412"), "trades": 3 * (expiry == "202412")}
        )
    ],
    t.SPREAD_BARS: _bars(PAIR | {"session_part": "day", "contracts": 2, "trades": 1}),
    t.OPTION_BARS: _bars(SERIES | {"session_part": "day", "contracts": 4, "prints": 4}),
}

# What is changed, where, and which audits then find how many breakers. A change is of the first
# row, or of all rows (None removes the last row).
Planted = tuple[Table, Row | None, dict[str, int]]
PLANTED: dict[str, Planted] = {
    "a trade is missing": (
        t.FUTURES_TRADES,
        None,
        {
            "volume_equals_control_totals": 1,
            "every_scale_holds_the_volume": 5,
            "night_part_is_there": 1,
        },
    ),
    "the night of the options is missing": (
        t.OPTION_TRADES,
        None,
        {"every_scale_holds_the_volume": 5, "night_part_is_there": 1},
    ),
    "a contract trades after its last day": (
        t.CONTRACTS,
        {"last_trading_date": BEFORE},
        {"trades_before_expiry": 1},
    ),
    "a foreign contract trades after the night that follows its last day": (
        t.SESSIONS,
        {"previous_session_date": date(2024, 12, 15)},
        {"trades_before_expiry": 1},
    ),
    "a total differs": (
        t.TAIFEX_VOLUME_TOTALS,
        {"total_volume": "20"},
        {"volume_equals_control_totals": 1},
    ),
    "a product is not in the totals": (
        t.TAIFEX_VOLUME_TOTALS,
        {"product": "MTX"},
        {"volume_equals_control_totals": 2, "combination_volume_equals_control_totals": 2},
    ),
    "a spread total differs": (
        t.TAIFEX_VOLUME_TOTALS,
        {"spread_volume": "16"},
        {"combination_volume_equals_control_totals": 1},
    ),
    "a spread has another price than in the file of spreads": (
        t.TAIFEX_COMBINATION_TRADES,
        {"far_price": "88.2"},
        {"spreads_equal_combination_trades": 2},
    ),
    "a spread has another volume than in the file of spreads": (
        t.TAIFEX_COMBINATION_TRADES,
        {"volume": "12"},
        {"spreads_equal_combination_trades": 1, "combination_volume_equals_control_totals": 1},
    ),
    "a side is missing": (
        t.OPTION_TRADES,
        {"sides": 3},
        {"sides_are_even": 1, "every_scale_holds_the_volume": 5},
    ),
    "a side has another price": (
        t.OPTION_TRADES,
        {"price": 151.0, "sides": 3},
        {"sides_are_even": 1, "every_scale_holds_the_volume": 5},
    ),
    "an index without its last level": (
        t.INDEX_LEVELS,
        None,
        {"levels_span_the_session": 1, "every_scale_holds_the_volume": 5},
    ),
    "an index opens with another close": (
        t.INDEX_LEVELS,
        {"level": 23_000.4},
        {"opens_with_the_previous_close": 1},
    ),
    "a session of the schedule is none": (
        t.TWSE_HOLIDAYS,
        {"date": "2024-12-19"},
        {"calendar_equals_the_schedule": 1},
    ),
    "a closed day of the schedule is a session": (
        t.TWSE_HOLIDAYS,
        {"name": "開國紀念日"},
        {"calendar_equals_the_schedule": 1},
    ),
    "a trade before the opening": (
        t.FUTURES_TRADES,
        {"traded_at": datetime(2024, 12, 16, 0, 44, 59, tzinfo=UTC)},
        {"trades_in_hours": 1},
    ),
    "a trade after the close": (
        t.OPTION_TRADES,
        {"traded_at": datetime(2024, 12, 16, 5, 45, 1, tzinfo=UTC)},
        {"trades_in_hours": 1},
    ),
    "a trade before the night": (
        t.FUTURES_TRADES,
        {"traded_at": datetime(2024, 12, 13, 6, 59, 59, tzinfo=UTC), "session_part": "night"},
        {"trades_in_hours": 1},
    ),
    "a trade after the night": (
        t.FUTURES_TRADES,
        {"traded_at": datetime(2024, 12, 13, 21, 0, 1, tzinfo=UTC), "session_part": "night"},
        {"trades_in_hours": 1},
    ),
    "a product without terms trades after the common hours": (
        t.FUTURES_TRADES,
        {"product": "QQF", "traded_at": datetime(2024, 12, 16, 5, 45, 1, tzinfo=UTC)},
        {"trades_in_hours": 1, "volume_equals_control_totals": 2},
    ),
    "a night without hours": (
        t.PRODUCTS,
        {"night_open": None, "night_close": None},
        {"trades_in_hours": 1},
    ),
    "a scale without a level": (t.INDEX_BARS, {"ticks": 1}, {"every_scale_holds_the_volume": 1}),
    "a scale without shares": (t.ETF_BARS, {"shares": 0}, {"every_scale_holds_the_volume": 1}),
    "a scale without prints": (t.ETF_BARS, {"prints": 2}, {"every_scale_holds_the_volume": 1}),
    "a scale short of contracts": (
        t.FUTURES_BARS,
        {"contracts": 3},
        {"every_scale_holds_the_volume": 1},
    ),
    "a scale short of legs": (
        t.FUTURES_BARS,
        {"spread_contracts": 1},
        {"every_scale_holds_the_volume": 1},
    ),
    "a scale short of trades": (t.FUTURES_BARS, {"trades": 2}, {"every_scale_holds_the_volume": 1}),
    "a scale short of spreads": (
        t.SPREAD_BARS,
        {"contracts": 1},
        {"every_scale_holds_the_volume": 1},
    ),
    "a scale short of option contracts": (
        t.OPTION_BARS,
        {"contracts": 2},
        {"every_scale_holds_the_volume": 1},
    ),
    "a scale is missing": (t.OPTION_BARS, None, {"every_scale_holds_the_volume": 1}),
}


def stored(table: Table, rows: list[Row]) -> pa.Table:
    line = table.timeline
    day = SESSION if table.is_whole else line.value_of(line.key_of(SESSION))
    full = [{"session_date": day, "document": "0" * 64} | row for row in rows]
    names = set(table.column_names)
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in names} for row in full], arrow_schema(table)
    )


def write(lake: Lake, table: Table, rows: list[Row]) -> None:
    made = stored(table, rows)
    values = [] if table.is_whole else made[table.key_column].to_pylist()
    lake.replace(table, made, sorted({table.timeline.key_of(value) for value in values}))


def found(lake: Lake, *changed: Table) -> dict[str, int]:
    """How many rows break each audit of some tables, where any do."""
    paths = {table.path for table in changed}
    audits = [audit for audit in AUDITS if paths & {audit.on, *audit.reads}]
    counts: dict[str, int] = {}
    for audited in dict.fromkeys(audit.on for audit in audits):
        table = TABLES[audited]
        for one in examine(lake, table, keys_of(table, [SESSION]), keys([BEFORE])):
            if one.rule.name in {audit.name for audit in audits} and one.bad_rows:
                counts[one.rule.name] = counts.get(one.rule.name, 0) + one.bad_rows
    return counts


@pytest.fixture(scope="module")
def agreeing(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(str(tmp_path_factory.mktemp("audited") / "lake"), "simulated")
    for table, rows in AGREEING.items():
        write(lake, table, rows)
    return lake


def test_what_agrees_is_not_found(agreeing: Lake) -> None:
    assert found(agreeing, *AGREEING) == {}


@pytest.mark.parametrize("what", PLANTED)
def test_what_differs_is_found(agreeing: Lake, what: str) -> None:
    table, change, expected = PLANTED[what]
    rows = AGREEING[table]
    first, *others = rows
    planted = [*rows[:-1]] if change is None else [first | change, *others]
    if table is t.INDEX_LEVELS and change is None:
        planted = [row for row in rows if row["index_id"] != "FINANCE" or row["line"] != STEPS]
    try:
        write(agreeing, table, planted)
        assert found(agreeing, table) == {n: count for n, count in expected.items() if count}
    finally:
        write(agreeing, table, rows)


@pytest.mark.parametrize(
    ("feed", "text", "total", "bad"),
    [
        ("taifex_futures", "20241216,TX,202412,084500,n/a,2,-,-,", "20", 0),
        ("taifex_futures", "20241216", "20", 0),
        ("taifex_futures", "20241216,MTX,202412,084500,n/a,2,-,-,", "20", 1),
        ("taifex_futures", "20241216,TX,202412,084500,n/a,2,-,-,", "16", 1),
        ("taifex_volume_totals", "20241216,TX,8,n/a,50", "n/a", 0),
        ("taifex_volume_totals", "20241216,TX,8,n/a,50", "20", 1),
        ("taifex_options", "20241216,TX,8,n/a,50", "20", 1),
    ],
)
def test_less_may_be_there_of_a_product_with_a_reject(
    agreeing: Lake, feed: str, text: str, total: str, bad: int
) -> None:
    """A line that could not be read stops no session; nothing else is excused by it."""
    reject = {"feed": feed, "line": 9, "text": text, "reason": "unreadable"}
    first, *others = AGREEING[t.TAIFEX_VOLUME_TOTALS]
    try:
        write(agreeing, t.REJECTS, [*AGREEING[t.REJECTS], reject])
        write(agreeing, t.TAIFEX_VOLUME_TOTALS, [first | {"total_volume": total}, *others])
        counts = found(agreeing, t.TAIFEX_VOLUME_TOTALS)
        assert counts.get("volume_equals_control_totals", 0) == bad
    finally:
        write(agreeing, t.REJECTS, AGREEING[t.REJECTS])
        write(agreeing, t.TAIFEX_VOLUME_TOTALS, AGREEING[t.TAIFEX_VOLUME_TOTALS])


def test_a_night_is_between_its_hours(agreeing: Lake) -> None:
    """The small hours come after the evening, and a product without a night has none."""
    night = OUTRIGHT | {"session_part": "night", "contracts": 1}
    moments = [
        datetime(2024, 12, 13, 7, 0, tzinfo=UTC),
        datetime(2024, 12, 13, 16, 0, tzinfo=UTC),
        datetime(2024, 12, 13, 21, 0, tzinfo=UTC),
    ]
    rows = [night | {"line": n, "traded_at": at} for n, at in enumerate(moments, 2)]
    terms = AGREEING[t.PRODUCTS]
    try:
        write(agreeing, t.FUTURES_TRADES, rows)
        assert "trades_in_hours" not in found(agreeing, t.FUTURES_TRADES)
        none = {"night_open": None, "night_close": None}
        write(agreeing, t.PRODUCTS, [terms[0] | none, terms[1]])
        assert found(agreeing, t.FUTURES_TRADES)["trades_in_hours"] == 1
        [finding] = [
            one
            for one in examine(agreeing, t.FUTURES_TRADES, keys([SESSION]))
            if one.rule.name == "trades_in_hours"
        ]
        assert "first_trade 15:00:00, last_trade 05:00:00" in finding.examples[0]
    finally:
        write(agreeing, t.FUTURES_TRADES, AGREEING[t.FUTURES_TRADES])
        write(agreeing, t.PRODUCTS, terms)


@pytest.mark.parametrize(
    ("day", "step"),
    [
        (date(2011, 1, 14), 60),
        (date(2011, 1, 17), 15),
        (date(2014, 2, 24), 10),
        (date(2014, 12, 29), 5),
    ],
)
def test_levels_follow_the_step_of_their_years(tmp_path: Path, day: date, step: int) -> None:
    start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    lake = Lake(str(tmp_path / "lake"), "simulated")
    write(
        lake,
        t.SESSIONS,
        [
            {
                "exchange": "XTAI",
                "session_date": day,
                "opened_at": start,
                "closed_at": start + timedelta(hours=4, minutes=30),
            }
        ],
    )
    counts = []
    for missing in (0, 1):
        rows = [
            {
                "session_date": day,
                "index_id": "TAIEX",
                "observed_at": start + timedelta(seconds=seconds),
                "level": 9_000.0,
                "line": seconds,
            }
            for seconds in range(0, 16_201 - missing, step)
        ]
        write(lake, t.INDEX_LEVELS, rows)
        findings = {one.rule.name: one for one in examine(lake, t.INDEX_LEVELS, keys([day]))}
        counts.append(findings["levels_span_the_session"].bad_rows)
    assert counts == [0, 1]


def test_every_audit_is_planted() -> None:
    planted = {name for _, _, expected in PLANTED.values() for name, count in expected.items()}
    of_taiwan = {table.path for table in tables_of(SUBJECTS["taiwan"])}
    assert planted == {audit.name for audit in AUDITS if audit.on in of_taiwan}
