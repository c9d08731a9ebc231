"""TAIFEX's option ticks and combination trades: what is accepted, refused, and what a row says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.documents import DIGEST, accepted, decoded

from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.model import Request, State
from indextracker_catalogue.model import ARROW

OPTIONS = FEEDS["taifex_options"]
COMBINATIONS = FEEDS["taifex_combination_trades"]
FUTURES = FEEDS["taifex_futures"]
TOTALS = FEEDS["taifex_volume_totals"]
REAL = date(2021, 7, 26)

HEADER = (
    " 成交日期,          商品代號,        履約價格,                     到期月份(週別),  "
    "      買賣權別,      成交時間,          成交價格,         成交數量(B or S),     開盤集合競價 "
)
RULE = "---------- ---- ------- ---- ------------- ---- --------- "
NIGHT = (
    "20241213   ,    TXO     ,    23000          ,    202412  ,    C     ,    150000  ,"
    "    .62      ,    1,     "
)
DAY = (
    "20241216   ,    TXO     ,    23000          ,    202412  ,    P     ,    084500  ,"
    "    19.5     ,    3,   * "
)

Zip = Callable[..., bytes]


def option_zip(futures_zip: Zip, *lines: str, header: str = HEADER, rule: str = RULE) -> bytes:
    return futures_zip((rule, *lines), header=header, entries=("OptionsDaily_2024_12_16.csv",))


def assert_refused(body: bytes, session: date, state: State, *words: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(OPTIONS, body, session)
    assert caught.value.state == state, caught.value
    missing = [
        word for word in ("OptionsDaily_2024_12_16", *words) if word not in caught.value.reason
    ]
    assert missing == [], caught.value


def sums(rows: pa.Table, *by: str) -> dict[tuple[str, ...], int]:
    numbers = rows.append_column("number", rows.column("volume").cast(pa.int64()))
    summed = numbers.group_by(list(by)).aggregate([("number", "sum")])
    keys = zip(*(summed.column(name).to_pylist() for name in by), strict=True)
    return dict(zip(keys, summed.column("number_sum").to_pylist(), strict=True))


def test_real_options_are_accepted_whole(samples: Path) -> None:
    body = (samples / "taifex" / OPTIONS.names(REAL)[0]).read_bytes()
    accepted(OPTIONS, body, REAL)
    rows = decoded(OPTIONS, body, REAL)
    assert rows.schema == pa.schema(
        [(column.name, pa.type_for_alias(ARROW[column.type])) for column in OPTIONS.table.columns]
    )
    assert rows.num_rows == 386_240
    # Line 1 is the header and line 2 a rule.
    assert rows.column("line").to_pylist() == list(range(3, 386_243))
    assert rows.column("text").null_count == 386_240
    assert rows.slice(0, 1).to_pylist() == [
        {
            "session_date": REAL,
            "line": 3,
            "trade_date": "20210726",
            "product": "CCO",
            "strike": "49",
            "expiry": "202108",
            "option_type": "P",
            "trade_time": "125221",
            "price": ".62",
            "volume": "1",
            "opening_auction": "",
            "text": None,
            "document": DIGEST,
        }
    ]
    txo = rows.filter(pc.equal(rows.column("product"), "TXO"))
    # 647,954 contracts, and their two sides: night and day, calls and puts.
    night = pc.or_(
        pc.less(txo.column("trade_date"), "20210726"), pc.less(txo.column("trade_time"), "080000")
    )
    by_part = txo.append_column("night", night)
    assert sums(by_part, "night", "option_type") == {
        (False, "C"): 2 * 281_320,
        (False, "P"): 2 * 260_396,
        (True, "C"): 2 * 48_894,
        (True, "P"): 2 * 57_344,
    }


def test_real_combination_trades_reconcile_with_the_tick_file(samples: Path) -> None:
    def rows(feed: str) -> pa.Table:
        body = (samples / "taifex" / FEEDS[feed].names(REAL)[0]).read_bytes()
        accepted(FEEDS[feed], body, REAL)
        return decoded(FEEDS[feed], body, REAL)

    trades, ticks, totals = (rows(feed.name) for feed in (COMBINATIONS, FUTURES, TOTALS))
    assert trades.num_rows == 9_399
    assert trades.column("line").to_pylist() == list(range(2, 9_401))
    marked = pc.equal(trades.column("spread_against_spread"), "*")
    assert pc.sum(marked).as_py() == 1_005
    spreads = ticks.filter(pc.match_substring(ticks.column("expiry"), "/"))
    cells = ["trade_date", "product", "expiry", "trade_time", "price", "volume"]
    assert sorted(map(str, trades.filter(marked).select(cells).to_pylist())) == sorted(
        map(str, spreads.select(cells).to_pylist())
    )
    official = {(row["product"],): int(row["spread_volume"]) for row in totals.to_pylist()[:-1]}
    whole = sums(trades.filter(marked), "product")
    halved = sums(trades.filter(pc.invert(marked)), "product")
    computed = {key: whole.get(key, 0) + halved.get(key, 0) // 2 for key in whole | halved}
    assert computed == {key: volume for key, volume in official.items() if volume}


def test_a_made_document_is_accepted(futures_zip: Zip, session: date) -> None:
    body = option_zip(futures_zip, NIGHT, DAY)
    accepted(OPTIONS, body, session)
    rows = decoded(OPTIONS, body, session).to_pylist()
    assert [
        (row["line"], row["strike"], row["option_type"], row["opening_auction"]) for row in rows
    ] == [
        (3, "23000", "C", ""),
        (4, "23000", "P", "*"),
    ]


@pytest.mark.parametrize(
    ("lines", "state", "words"),
    [
        ((), "missing", ("no line of data",)),
        ((NIGHT,), "partial", ("20241213 150000", "20241216 from 084500")),
        ((NIGHT, DAY.replace("20241216", "20241217")), "refused", ("line 4", "20241217")),
    ],
)
def test_a_complete_file_reaches_into_its_own_day(
    futures_zip: Zip, session: date, lines: tuple[str, ...], state: State, words: tuple[str, ...]
) -> None:
    assert_refused(option_zip(futures_zip, *lines), session, state, *words)


def test_the_rule_below_the_header_may_be_missing(futures_zip: Zip, session: date) -> None:
    rows = decoded(OPTIONS, option_zip(futures_zip, DAY, rule=NIGHT), session)
    assert rows.column("line").to_pylist() == [2, 3]


def test_the_header_of_futures_is_not_that_of_options(futures_zip: Zip, session: date) -> None:
    body = option_zip(futures_zip, DAY, header=HEADER.replace("履約價格", "到期月份"))
    assert_refused(body, session, "refused", "line 1", "column 3", "'到期月份'", "'履約價格'")


def test_a_file_of_futures_under_the_name_of_options_is_refused(
    futures_zip: Zip, session: date
) -> None:
    body = futures_zip(entries=("OptionsDaily_2024_12_16.csv",))
    assert_refused(body, session, "refused", "line 1", "column 3")


def test_combination_trades_at_dawn_are_partial(futures_zip: Zip, session: date) -> None:
    header = (
        "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
        "成交數量(B+S),近月價格,遠月價格,屬價差對價差成交者 "
    )
    night = "20241213,TX,202412/202501,150000,30,4,23000,23030,*"
    day = "20241216,TX,202412/202501,084500,30,4,23000,23030, "
    entry = ("Daily_2024_12_16_C.csv",)
    accepted(COMBINATIONS, futures_zip((night, day), header=header, entries=entry), session)
    with pytest.raises(Refusal, match=r"^partial: Daily_2024_12_16_C\.zip ends with trades of"):
        accepted(COMBINATIONS, futures_zip((night,), header=header, entries=entry), session)
    with pytest.raises(
        Refusal, match="column 9 is named '開盤集合競價', expected '屬價差對價差成交者'"
    ):
        accepted(COMBINATIONS, futures_zip((night, day), entries=entry), session)


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        (OPTIONS, "OptionsDailydownloadCSV/OptionsDaily_2021_07_26.zip"),
        (COMBINATIONS, "DailydownloadCSV_C/Daily_2021_07_26_C.zip"),
        (FUTURES, "DailydownloadCSV/Daily_2021_07_26.zip"),
        (TOTALS, "DailydownloadCSV_B/Daily_2021_07_26_B.zip"),
    ],
)
def test_files_are_asked_for_where_they_lie(feed: Feed, path: str) -> None:
    assert feed.request(REAL) == Request(f"/file/taifex/Dailydownload/{path}")
    assert path.endswith(feed.names(REAL)[0])
    assert feed.window_sessions == 30
