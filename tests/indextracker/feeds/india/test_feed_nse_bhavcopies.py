"""NSE's three end-of-day files: what is accepted, what is refused and why, what a row says."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import nse_files as files
from support.documents import accepted, decoded

from indextracker.feeds import Feed, Refusal
from indextracker.feeds.india.bhavcopies import FULL_BHAVCOPY as FULL
from indextracker.feeds.india.bhavcopies import LEGACY_BHAVCOPY as LEGACY
from indextracker.feeds.india.bhavcopies import UDIFF_BHAVCOPY as UDIFF
from indextracker.feeds.model import Request
from indextracker_catalogue.shared.deliveries import State

SESSION = date(2024, 7, 5)
FEED = pytest.mark.parametrize("feed", [FULL, UDIFF, LEGACY], ids=lambda feed: feed.name)


def document(feed: Feed, *symbols: str, session: date = SESSION) -> bytes:
    """A file as it is published, of some securities."""
    if feed is FULL:
        lines = (files.full_line(symbol, "EQ", session) for symbol in symbols)
        return files.text(files.FULL_HEADER, *lines)
    of_line = files.udiff_line if feed is UDIFF else files.legacy_line
    header = files.UDIFF_HEADER if feed is UDIFF else files.LEGACY_HEADER
    lines = (of_line(symbol, "EQ", session) for symbol in symbols)
    entry = feed.names(session)[0].removesuffix(".zip")
    return files.zipped(entry, files.text(header, *lines))


def assert_refused(
    feed: Feed, body: bytes, state: State, *words: str, session: date = SESSION
) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(feed, body, session)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in (feed.names(session)[0], *words) if word not in refusal.reason] == []


# real documents


@pytest.mark.parametrize(
    ("feed", "name", "session", "rows"),
    [
        (UDIFF, "BhavCopy_NSE_CM_0_0_0_20250829_F_0000.csv", date(2025, 8, 29), 3_110),
        (FULL, "sec_bhavdata_full_29082025.csv", date(2025, 8, 29), 2_946),
        (FULL, "sec_bhavdata_full_17122025.csv", date(2025, 12, 17), 3_073),
        (FULL, "sec_bhavdata_full_18122025.csv", date(2025, 12, 18), 3_061),
        (FULL, "sec_bhavdata_full_2024-01-20.csv", date(2024, 1, 20), 1_792),
        (FULL, "sec_bhavdata_full_2024-06-04.csv", date(2024, 6, 4), 1_925),
        (FULL, "sec_bhavdata_full_2026-08-20.csv", date(2026, 8, 20), 2_630),
        (FULL, "stale-holiday/bhavdata_25-01-2021.csv", date(2021, 1, 25), 2_023),
        (LEGACY, "cm04MAR2020bhav.csv.zip", date(2020, 3, 4), 1_983),
        (LEGACY, "cm17FEB2021bhav.csv", date(2021, 2, 17), 2_022),
        (LEGACY, "cm04NOV2021bhav.csv", date(2021, 11, 4), 2_017),
    ],
)
def test_a_real_file_is_read_under_its_name(
    samples: Path, feed: Feed, name: str, session: date, rows: int
) -> None:
    body = (samples / "nse" / name).read_bytes()
    found = accepted(feed, body, session)
    assert found.num_rows == rows
    assert name.rpartition("/")[2] in feed.names(session)
    assert found.column("text").null_count == rows
    assert decoded(feed, body, session).equals(found)


def test_the_sums_of_real_files(samples: Path) -> None:
    full = (samples / "nse/sec_bhavdata_full_29082025.csv").read_bytes()
    rows = accepted(FULL, full, date(2025, 8, 29))
    assert pc.sum(pc.equal(rows["series"], "EQ")).as_py() == 2_117
    assert pc.sum(rows["shares"].cast("int64")).as_py() == 3_921_422_775
    lakh = pc.sum(rows["turnover_lakh"].cast(pa.decimal128(20, 2))).as_py()
    assert str(lakh) == "9020049.37"
    assert pc.sum(pc.equal(rows["deliverable_shares"], "-")).as_py() == 2_946 - 2_653

    muhurat = (samples / "nse/cm04NOV2021bhav.csv").read_bytes()
    rows = accepted(LEGACY, muhurat, date(2021, 11, 4))
    assert pc.sum(pc.equal(rows["series"], "EQ")).as_py() == 1_668
    assert pc.sum(rows["shares"].cast("int64")).as_py() == 570_235_111
    turnover = pc.sum(rows["turnover"].cast(pa.decimal128(20, 2))).as_py()
    assert str(turnover) == "115522363293.76"


@pytest.mark.parametrize(
    ("name", "asked", "held"),
    [
        ("stale-holiday/bhavdata_26-01-2021.csv", date(2021, 1, 27), "25-Jan-2021"),
        ("muhurat-misfiled/bhavdata_04-11-2021.csv", date(2021, 11, 4), "03-Nov-2021"),
    ],
)
def test_a_real_file_of_another_date_is_no_data(
    samples: Path, name: str, asked: date, held: str
) -> None:
    body = (samples / "nse" / name).read_bytes()
    assert_refused(FULL, body, "missing", held, str(asked), session=asked)


def test_the_real_file_of_a_holiday_is_of_the_evening_before(samples: Path) -> None:
    """Muhurat of 2021-11-04 was filed under the 5th, a holiday; three series were lost on the way.

    The store that kept it writes NA, a series, as nothing.
    """
    muhurat = date(2021, 11, 4)
    assert {"sec_bhavdata_full_05112021.csv", "bhavdata_05-11-2021.csv"} < {*FULL.names(muhurat)}
    body = (samples / "nse/muhurat-misfiled/bhavdata_05-11-2021.csv").read_bytes()
    rows = accepted(FULL, body, muhurat)
    assert rows.num_rows == 2_013
    assert rows["last"].null_count == 2_013


# names and addresses


def test_what_is_asked_for() -> None:
    session = date(2024, 7, 5)
    assert FULL.request(session) == Request("/products/content/sec_bhavdata_full_05072024.csv")
    assert UDIFF.request(session) == Request(
        "/content/cm/BhavCopy_NSE_CM_0_0_0_20240705_F_0000.csv.zip"
    )
    assert LEGACY.request(session) == Request(
        "/content/historical/EQUITIES/2024/JUL/cm05JUL2024bhav.csv.zip"
    )


def test_files_of_free_days_are_of_the_session_before() -> None:
    friday, saturday_session = date(2024, 1, 19), date(2024, 1, 20)
    names = (
        *("sec_bhavdata_full_19012024.csv", "sec_bhavdata_full_2024-01-19.csv"),
        *("bhavdata_19-01-2024.csv", "sec_bhavdata_full_19Jan2024.csv"),
        "sec_bhavdata_full_19Jan2024bhav.csv",
    )
    assert FULL.names(friday) == (*names, *(f"{name}.zip" for name in names))
    free = FULL.names(saturday_session)[10:]  # a Sunday, and a Monday closed on short notice
    assert free == tuple(
        name.format(day)
        for day in (date(2024, 1, 21), date(2024, 1, 22))
        for name in (
            *("sec_bhavdata_full_{:%d%m%Y}.csv", "sec_bhavdata_full_{:%Y-%m-%d}.csv"),
            *("bhavdata_{:%d-%m-%Y}.csv", "sec_bhavdata_full_{:%d%b%Y}.csv"),
            "sec_bhavdata_full_{:%d%b%Y}bhav.csv",
        )
    )
    assert LEGACY.names(friday) == (
        *("cm19JAN2024bhav.csv.zip", "cm19JAN2024bhav.csv"),
        *("cm19Jan2024bhav.csv", "cm19jan2024bhav.csv"),
        *("cm19Jan2024bhav.csv.zip", "cm19jan2024bhav.csv.zip"),
    )
    assert UDIFF.names(saturday_session) == (
        *("BhavCopy_NSE_CM_0_0_0_20240120_F_0000.csv.zip",),
        "BhavCopy_NSE_CM_0_0_0_20240120_F_0000.csv",
    )


# what a row says


def test_a_line_of_the_full_bhavcopy() -> None:
    row = accepted(FULL, document(FULL, "ALFA"), SESSION).to_pylist()[0]
    assert (row["line"], row["symbol"], row["series"]) == (2, "ALFA", "EQ")
    assert (row["trade_date"], row["average_price"]) == ("05-Jul-2024", "10.50")
    assert (row["deliverable_shares"], row["deliverable_percent"]) == ("500", "50.00")


@FEED
def test_every_line_keeps_its_number(feed: Feed) -> None:
    rows = accepted(feed, document(feed, "ALFA", "M&M", "BAJAJ-AUTO"), SESSION)
    assert rows["line"].to_pylist() == [2, 3, 4]
    assert rows["symbol"].to_pylist() == ["ALFA", "M&M", "BAJAJ-AUTO"]
    assert set(rows["session_date"].to_pylist()) == {SESSION}


def test_a_legacy_file_saved_from_a_spreadsheet() -> None:
    """2020-07-13 has CRLF, no comma at the end and a year of two digits."""
    session = date(2020, 7, 13)
    body = files.text(
        files.LEGACY_HEADER.rstrip(","),
        "ALFA,EQ,0.9,0.9,0.9,0.9,0.9,0.95,1573668,1416301.2,13-Jul-20,909,INE000A01010",
        "BRAVO,EQ,10,11,10,11,11,10,1000,10500,13-Jul-20,9,INE000B01018",
        end="\r\n",
    )
    rows = accepted(LEGACY, files.zipped("cm13JUL2020bhav.csv", body), session)
    assert rows["shares"].to_pylist() == ["1573668", "1000"]
    assert rows["isin"].to_pylist() == ["INE000A01010", "INE000B01018"]


def test_a_legacy_file_without_trades_and_isin() -> None:
    """So they were until 2011-06-21."""
    session = date(2011, 1, 3)
    body = files.text(
        "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,",
        "ALFA,EQ,10,11,10,11,11,10,1000,10500,03-JAN-2011,",
    )
    [row] = accepted(LEGACY, files.zipped("cm03JAN2011bhav.csv", body), session).to_pylist()
    assert (row["trades"], row["isin"], row["shares"]) == (None, None, "1000")


# what is refused


@FEED
def test_a_file_of_another_date_is_missing(feed: Feed) -> None:
    body = document(feed, "ALFA", session=date(2024, 7, 4))
    if feed is not FULL:  # as it would be if the file inside were named like the one asked for
        entry = feed.names(SESSION)[0].removesuffix(".zip")
        of_line = files.udiff_line if feed is UDIFF else files.legacy_line
        header = files.UDIFF_HEADER if feed is UDIFF else files.LEGACY_HEADER
        body = files.zipped(entry, files.text(header, of_line("ALFA", "EQ", date(2024, 7, 4))))
    assert_refused(feed, body, "missing", "2024-07-05")


@FEED
@pytest.mark.parametrize(
    ("page", "state"),
    [
        (b"<html><head><title>Access Denied</title></head></html>", "blocked"),
        (b"<html><body>404 Not Found</body></html>", "missing"),
        (b"<html><body>Resource not found</body></html>", "missing"),
        (b"<html><body>maintenance</body></html>", "refused"),
    ],
)
def test_a_page_is_never_data(feed: Feed, page: bytes, state: State) -> None:
    assert_refused(feed, page, state, "HTML page")


@FEED
@pytest.mark.parametrize("body", [b"", b"\n", b"{}", b"[]", b"PK\x03\x04", b"\xef\xbb\xbf"])
def test_scraps_are_refused(feed: Feed, body: bytes) -> None:
    with pytest.raises(Refusal):
        accepted(feed, body, SESSION)


@FEED
@given(body=st.binary(max_size=300))
def test_any_bytes_are_refused(feed: Feed, body: bytes) -> None:
    with pytest.raises(Refusal):
        accepted(feed, body, SESSION)


def test_a_full_bhavcopy_that_is_cut_off() -> None:
    body = document(FULL, "ALFA", "BRAVO")
    for cut in range(len(files.FULL_HEADER) + 2, len(body) - 1):
        if body[cut - 1 : cut] == b"\n":
            continue  # of a cut between lines nothing tells
        assert_refused(FULL, body[:cut], "refused", "cut off")
    assert not FULL.tells_end


@pytest.mark.parametrize("feed", [UDIFF, LEGACY], ids=lambda feed: feed.name)
def test_a_zip_that_is_cut_off(feed: Feed) -> None:
    body = document(feed, "ALFA", "BRAVO")
    assert_refused(feed, body[:-10], "refused", "zip")


def test_a_file_with_a_header_alone_is_missing() -> None:
    assert_refused(FULL, files.text(files.FULL_HEADER), "missing", "no line")


def test_a_column_that_is_missing_is_named() -> None:
    body = document(FULL, "ALFA").replace(b"CLOSE_PRICE", b"CLOSING", 1)
    assert_refused(FULL, body, "refused", "line 1", "CLOSE_PRICE")
    twice = document(FULL, "ALFA").replace(b"AVG_PRICE", b"CLOSE_PRICE", 1)
    assert_refused(FULL, twice, "refused", "CLOSE_PRICE is there 2 times")


def test_a_file_in_another_encoding_is_refused() -> None:
    body = document(FULL, "ALFA", "BRAVO").replace(b"BRAVO", b"BR\xe9VO")
    assert_refused(FULL, body, "refused", "line 3", "UTF-8")
