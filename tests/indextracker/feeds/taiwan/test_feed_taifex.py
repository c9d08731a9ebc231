"""TAIFEX's files: what is accepted, what is refused and why, and what a row says."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.documents import DIGEST, accepted, decoded

from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.model import State
from indextracker_catalogue.model import ARROW

FUTURES = FEEDS["taifex_futures"]
TOTALS = FEEDS["taifex_volume_totals"]
REAL = date(2021, 7, 26)

Zip = Callable[..., bytes]


def refusal_of(body: bytes, session: date, feed: str = "taifex_futures") -> Refusal:
    with pytest.raises(Refusal) as caught:
        accepted(FEEDS[feed], body, session)
    return caught.value


def assert_refused(body: bytes, session: date, state: State, *words: str) -> None:
    refusal = refusal_of(body, session)
    assert refusal.state == state, refusal
    name = f"Daily_{session:%Y_%m_%d}"
    assert [word for word in (name, *words) if word not in refusal.reason] == []


# real documents


@pytest.mark.parametrize(
    ("session", "rows"),
    [
        (date(2021, 7, 26), 449_454),
        (date(2024, 12, 13), 491_940),
        (date(2024, 12, 16), 590_613),
        (date(2024, 12, 17), 473_890),
    ],
)
def test_complete_sessions_are_accepted_whole(samples: Path, session: date, rows: int) -> None:
    body = (samples / "taifex" / FUTURES.names(session)[0]).read_bytes()
    accepted(FUTURES, body, session)
    ticks = decoded(FUTURES, body, session)
    assert ticks.num_rows == rows
    assert ticks.column("line").to_pylist() == list(range(2, rows + 2))
    assert ticks.column("text").null_count == rows
    assert ticks.schema == pa.schema(
        [(column.name, pa.type_for_alias(ARROW[column.type])) for column in FUTURES.table.columns]
    )
    assert pc.unique(ticks.column("session_date")).to_pylist() == [session]
    assert pc.unique(ticks.column("document")).to_pylist() == [DIGEST]
    padded = [
        name
        for name in FUTURES.table.column_names[2:11]
        if pc.any(pc.match_substring_regex(ticks.column(name), r"^\s|\s$")).as_py()
    ]
    assert padded == []


def test_volume_equals_the_control_totals(samples: Path) -> None:
    body = (samples / "taifex/Daily_2021_07_26.zip").read_bytes()
    ticks = decoded(FUTURES, body, REAL)
    volume = pa.table(
        {"product": ticks.column("product"), "volume": ticks.column("volume").cast(pa.int64())}
    )
    summed = volume.group_by("product").aggregate([("volume", "sum")])
    computed = dict(zip(*(summed.column(i).to_pylist() for i in range(2)), strict=True))

    body = (samples / "taifex/Daily_2021_07_26_B.zip").read_bytes()
    accepted(TOTALS, body, REAL)
    rows = decoded(TOTALS, body, REAL).to_pylist()
    official = {row["product"]: int(row["total_volume"]) for row in rows[:-1]}

    assert computed["TX"] == 286_672
    assert len(official) == 232
    assert computed == official
    assert [row["line"] for row in rows] == list(range(3, 236))
    assert rows[-1] == {
        "session_date": REAL,
        "line": 235,
        "trade_date": "合計",
        "product": "",
        "spread_volume": "51640",
        "total_volume": "1480268",
        "spread_percent": "3.49",
        "text": None,
        "document": DIGEST,
    }


def test_the_first_real_line_is_as_published(samples: Path) -> None:
    body = (samples / "taifex/Daily_2021_07_26.zip").read_bytes()
    assert decoded(FUTURES, body, REAL).slice(0, 1).to_pylist() == [
        {
            "session_date": REAL,
            "line": 2,
            "trade_date": "20210723",
            "product": "BRF",
            "expiry": "202109",
            "trade_time": "173620",
            "price": "2069",
            "volume": "2",
            "near_price": "-",
            "far_price": "-",
            "opening_auction": "",
            "text": None,
            "document": DIGEST,
        }
    ]


def test_the_file_of_dawn_is_partial(samples: Path, session: date) -> None:
    body = (samples / "taifex/early-partial/Daily_2024_12_16.zip").read_bytes()
    assert_refused(body, session, "partial", "20241214 045959", "20241216 from 084500")


def test_pages_are_told_apart(samples: Path, session: date) -> None:
    no_data = (samples / "taifex/no-data.html").read_bytes()
    assert_refused(no_data, session, "missing", "HTML", "查無資料")
    error = (samples / "taifex/datetime-error.html").read_bytes()
    assert_refused(error, session, "refused", "HTML", "DateTime error")


@pytest.mark.parametrize("name", ["Daily_2021_07_26.zip", "Daily_2021_07_26_B.zip"])
def test_a_real_document_of_another_session_is_refused(samples: Path, name: str) -> None:
    feed = "taifex_volume_totals" if name.endswith("_B.zip") else "taifex_futures"
    body = (samples / "taifex" / name).read_bytes()
    refusal = refusal_of(body, date(2021, 7, 27), feed)
    assert refusal.state == "refused"
    assert "Daily_2021_07_26" in refusal.reason
    assert "expected 'Daily_2021_07_27" in refusal.reason


def test_damage_to_a_real_document_is_refused(samples: Path, session: date) -> None:
    body = (samples / "taifex/Daily_2024_12_16.zip").read_bytes()
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 0x10
    assert_refused(bytes(flipped), session, "refused", "CRC")
    assert_refused(body[: len(body) // 2], session, "refused", "cut off")


# the zip


def test_a_made_document_is_accepted(futures_zip: Zip, session: date) -> None:
    accepted(FUTURES, futures_zip(), session)
    accepted(FUTURES, futures_zip(packing=zipfile.ZIP_STORED), session)


def test_an_altered_byte_names_the_crc(futures_zip: Zip, session: date) -> None:
    body = futures_zip(packing=zipfile.ZIP_STORED)
    assert_refused(body.replace(b"23010", b"23011", 1), session, "refused", "CRC")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (("Daily_2024_12_16.csv", "readme.txt"), ("2 entries", "readme.txt")),
        ((), ("0 entries",)),
        (("../Daily_2024_12_16.csv",), ("'../Daily_2024_12_16.csv'",)),
        (("/tmp/Daily_2024_12_16.csv",), ("'/tmp/Daily_2024_12_16.csv'",)),
        (("Daily_2024_12_17.csv",), ("'Daily_2024_12_17.csv'", "'Daily_2024_12_16.csv'")),
        (("Daily_2024_12_16_C.csv",), ("'Daily_2024_12_16_C.csv'",)),
        (("Daily_2024_12_16.txt",), ("'Daily_2024_12_16.csv' or 'Daily_2024_12_16.rpt'",)),
    ],
)
def test_only_the_one_entry_is_taken(
    futures_zip: Zip, session: date, entries: tuple[str, ...], words: tuple[str, ...]
) -> None:
    body = futures_zip(entries=entries)
    if not entries:  # a zip without entries begins with other bytes
        assert_refused(body, session, "refused", "50 4b 05 06")
    else:
        assert_refused(body, session, "refused", *words)


def test_a_name_that_goes_on_after_a_nul_is_refused(futures_zip: Zip, session: date) -> None:
    body = futures_zip(entries=("Daily_2024_12_16.csv_/../../x",))
    assert_refused(body.replace(b"csv_", b"csv\0"), session, "refused", r"\x00")


def test_two_names_for_one_entry_are_refused(futures_zip: Zip, session: date) -> None:
    body = futures_zip()
    assert body.count(b"Daily_2024_12_16.csv") == 2
    renamed = body.replace(b"Daily_2024_12_16.csv", b"Daily_2024_12_13.csv", 1)
    assert_refused(renamed, session, "refused", "there is none of that name")


def test_a_bomb_is_refused_unopened(session: date) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("Daily_2024_12_16.csv", bytes(10_000_000))
    assert_refused(archive.getvalue(), session, "refused", "implausible size")


def test_an_entry_larger_than_announced_is_refused(futures_zip: Zip, session: date) -> None:
    body = bytearray(futures_zip())
    place = body.rindex(b"PK\x01\x02") + 24  # uncompressed size in the directory
    announced = int.from_bytes(body[place : place + 4], "little")
    body[place : place + 4] = (announced - 1).to_bytes(4, "little")
    assert_refused(bytes(body), session, "refused", f"announces {announced - 1} bytes")


def test_an_encrypted_entry_is_refused(futures_zip: Zip, session: date) -> None:
    body = bytearray(futures_zip())
    body[body.rindex(b"PK\x01\x02") + 8] |= 1
    assert_refused(bytes(body), session, "refused", "encrypted")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_damaged_is_refused_and_breaks_nothing(
    futures_zip: Zip, session: date, data: st.DataObject
) -> None:
    body = bytearray(futures_zip())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    try:
        accepted(FUTURES, bytes(body), session)
    except Refusal as refusal:
        assert refusal.reason
    else:
        assert decoded(FUTURES, bytes(body), session).num_rows == 2


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(body: bytes) -> None:
    assert refusal_of(body, date(2024, 12, 16)).reason


# what the file says


def test_a_column_of_another_name_is_named(futures_zip: Zip, session: date) -> None:
    header = (
        "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
        "成交數量(B or S),近月價格,遠月價格,開盤集合競價 "
    )
    assert_refused(
        futures_zip(header=header),
        session,
        "refused",
        "line 1",
        "column 6",
        "'成交數量(B or S)'",
        "'成交數量(B+S)'",
    )


def test_more_columns_are_refused(futures_zip: Zip, session: date) -> None:
    header = (
        "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
        "成交數量(B+S),近月價格,遠月價格,開盤集合競價,備註"
    )
    assert_refused(futures_zip(header=header), session, "refused", "10 columns, expected 9")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_another_encoding_is_refused(futures_zip: Zip, session: date, encoding: str) -> None:
    assert_refused(futures_zip(encoding=encoding), session, "refused", "line 1")


def test_a_line_in_another_encoding_is_named(futures_zip: Zip, session: date) -> None:
    body = futures_zip(packing=zipfile.ZIP_STORED)
    archive = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as reader, zipfile.ZipFile(archive, "w") as writer:
        text = reader.read("Daily_2024_12_16.csv").replace(b"20241216,TX", b"20241216,\xff\xff")
        writer.writestr("Daily_2024_12_16.csv", text)
    assert_refused(archive.getvalue(), session, "refused", "line 3", "cp950")


@pytest.mark.parametrize(
    ("lines", "state", "words"),
    [
        ((), "missing", ("no line of data",)),
        (("rubbish",), "refused", ("has 9", "line 2, the first, has 1", "rubbish")),
        (("2024,TX,202412,050000,1,2,-,-, ",), "refused", ("成交日期",)),
        (("20241216,TX,202412,050000,1,2,-,-, ",), "partial", ("20241216 050000",)),
        (("20241216,TX,202412,05000000,1,2,-,-, ",), "partial", ("20241216 05000000",)),
        (("20241216,TX,202412,noon,1,2,-,-, ",), "refused", ("line 2", "'noon'", "HHMMSS")),
        (("20241216,TX,202412,0845000,1,2,-,-, ",), "refused", ("line 2", "'0845000'")),
        (("20241216,TX,202412,08450000,1,2,-,-, ",), None, ()),
        (("20241216,TX,202412,090000,1,2,-,-, ",) * 2, None, ()),
        (
            (
                "20241216,TX,202412,090000,1,2,-,-, ",
                "20241217,TX,202412,090000,1,2,-,-, ",
            ),
            "refused",
            ("line 3", "20241217"),
        ),
        (
            (
                *("20241216,TX,202412,090000,1,2,-,-, ",) * 2,
                "99999999,TX,202412,090000,1,2,-,-, ",
                "20241216,TX",
            ),
            None,
            (),
        ),
    ],
)
def test_a_complete_file_reaches_into_its_own_day(
    futures_zip: Zip,
    session: date,
    lines: tuple[str, ...],
    state: State | None,
    words: tuple[str, ...],
) -> None:
    body = futures_zip(lines)
    if state is None:
        accepted(FUTURES, body, session)
    else:
        assert_refused(body, session, state, *words)


# layouts of other years and folders

OLD = date(2016, 12, 14)
OLD_LINE = "20161214,TX     ,201612     ,084500,9300,4,-,-,*"
NAMES = (
    "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
    "成交數量(B+S),近月價格,遠月價格,開盤集合競價 "
)
OLD_HEADER = NAMES.replace("成交日期", "交易日期")


def old_zip(futures_zip: Zip, *lines: str, header: str = OLD_HEADER) -> bytes:
    return futures_zip(lines, header=header, entries=("Daily_2016_12_14.csv",))


def test_the_header_of_2016_is_read(futures_zip: Zip) -> None:
    """It has no night part to wait for."""
    rows = decoded(FUTURES, old_zip(futures_zip, OLD_LINE), OLD).to_pylist()
    assert [(row["line"], row["trade_date"], row["price"]) for row in rows] == [
        (2, "20161214", "9300")
    ]


def test_no_dawn_file_was_published_before_nights_were(futures_zip: Zip) -> None:
    early = OLD_LINE.replace("084500", "080000")
    assert_refused(old_zip(futures_zip, early), OLD, "refused", "20161214 080000", "from 084500")


@pytest.mark.parametrize("name", ["商品代號", "到期月份(週別)"])
def test_no_other_column_has_the_former_name(futures_zip: Zip, name: str) -> None:
    header = NAMES.replace(name, "交易日期")
    assert_refused(
        old_zip(futures_zip, OLD_LINE, header=header), OLD, "refused", repr(name), "'交易日期'"
    )


def test_the_other_download_of_the_same_text_is_read(futures_zip: Zip, session: date) -> None:
    rpt = futures_zip(entries=("Daily_2024_12_16.rpt",))
    assert decoded(FUTURES, rpt, session).equals(decoded(FUTURES, futures_zip(), session))


def test_a_rule_may_stand_below_the_header(futures_zip: Zip, session: date) -> None:
    lines = ("-------- ------- -----", *("20241216,TX,202412,090000,1,2,-,-, ",) * 2)
    ruled = futures_zip(lines)
    assert decoded(FUTURES, ruled, session).column("line").to_pylist() == [3, 4]


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\r\n", b"\r\n\x1a"])
def test_the_end_of_file_of_ms_dos_is_no_line(futures_zip: Zip, session: date, end: bytes) -> None:
    assert decoded(FUTURES, futures_zip(end=end), session).equals(
        decoded(FUTURES, futures_zip(), session)
    )


def test_an_empty_answer_is_missing(session: date) -> None:
    assert_refused(b"", session, "missing", "empty")


def test_a_line_that_does_not_split_is_kept_whole(futures_zip: Zip, session: date) -> None:
    body = futures_zip(
        (
            "20241216,TX     ,202412     ,084500,1,2,-,-, ",
            " 20241216,TX,合計",
            "",
            "20241216,A,B,084500,1,2,-,-,*",
        )
    )
    rows = decoded(FUTURES, body, session).to_pylist()
    assert [(row["line"], row["product"], row["text"]) for row in rows] == [
        (2, "TX", None),
        (3, None, " 20241216,TX,合計"),
        (5, "A", None),
    ]
    cells = FUTURES.table.column_names[2:11]
    assert {rows[1][name] for name in cells} == {None}
    assert rows[2]["opening_auction"] == "*"


# control totals

TITLE = "期貨價差委託成交概況表,,,, "
TOTALS_HEADER = "交易日期,商品代號,價差委託成交量(B+S),市場總成交量(B+S),價差委託成交比率(%) "


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("20241216,TX     ,0,4,0", "合計,,0,4,0"), None),
        (("20241216,TX     ,0,4,0",), "grand total"),
        (("合計,,0,4,0",), "no product"),
        (("20241213,TX     ,0,4,0", "合計,,0,4,0"), "line 3 is dated '20241213'"),
        ((), "grand total"),
    ],
)
def test_totals_are_of_the_session_and_complete(
    futures_zip: Zip, session: date, lines: tuple[str, ...], words: str | None
) -> None:
    body = futures_zip((TOTALS_HEADER, *lines), header=TITLE, entries=("Daily_2024_12_16_B.csv",))
    if words is None:
        accepted(TOTALS, body, session)
        return
    refusal = refusal_of(body, session, TOTALS.name)
    assert refusal.state == "refused"
    assert words in refusal.reason


def test_another_title_of_totals_is_named(futures_zip: Zip, session: date) -> None:
    body = futures_zip((TOTALS_HEADER,), header="選擇權,,,, ", entries=("Daily_2024_12_16_B.csv",))
    refusal = refusal_of(body, session, TOTALS.name)
    assert "line 1: column 1 is named '選擇權'" in refusal.reason
