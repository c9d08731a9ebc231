"""Documents that were damaged on the way: accepted ones give the rows of the true bytes.

A zip announces the length and CRC of what it holds, so that any damage to its rows is found. A CSV
announces nothing and JSON little. What is promised there: a document that is cut off is refused, or
partial, unless the cut is between two lines of a CSV's last part; damage to a line changes that
line alone; and rows of another session never get in.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import accepted, decoded

from indextracker.feeds import FEEDS, Feed, Refusal

pytestmark = pytest.mark.slow

REAL = date(2021, 7, 26)


@dataclass(frozen=True)
class Document:
    """A true document, and the rows that it says."""

    feed: Feed
    session: date
    body: bytes
    rows: pa.Table

    def read(self, body: bytes) -> pa.Table | None:
        """The rows of a damaged copy, if it is accepted."""
        try:
            return accepted(self.feed, body, self.session)
        except Refusal as refusal:
            assert refusal.reason
            return None


def document(feed: str, session: date, body: bytes) -> Document:
    rows = decoded(FEEDS[feed], body, session)
    assert rows.num_rows
    return Document(FEEDS[feed], session, body, rows)


def shortened(body: bytes, lines: int) -> bytes:
    """The same zip with the first lines of its file, made anew."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (entry,) = archive.infolist()
        text = b"".join(archive.read(entry).splitlines(keepends=True)[:lines])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), text)
    return made.getvalue()


def flipped(body: bytes, bits: list[int]) -> bytes:
    damaged = bytearray(body)
    for bit in bits:
        damaged[bit // 8 % len(body)] ^= 1 << bit % 8
    return bytes(damaged)


BITS = st.lists(st.integers(0, 1 << 30), min_size=1, max_size=3)

# zips

ZIPS = {
    # The real file with its first lines alone, where it is large.
    "taifex_futures": 4_000,
    "taifex_options": 3_000,
    "taifex_combination_trades": 2_000,
    "taifex_volume_totals": None,
}


@pytest.fixture(scope="module", params=ZIPS)
def zipped(request: pytest.FixtureRequest, samples: Path) -> Document:
    feed, lines = request.param, ZIPS[request.param]
    body = (samples / "taifex" / FEEDS[feed].names(REAL)[0]).read_bytes()
    return document(feed, REAL, body if lines is None else shortened(body, lines))


def test_half_a_zip_is_refused_wherever_it_ends(zipped: Document) -> None:
    step = max(1, len(zipped.body) // 1_000)
    ends = {*range(0, len(zipped.body), step), *range(len(zipped.body) - 200, len(zipped.body))}
    accepted = [end for end in ends if zipped.read(zipped.body[:end]) is not None]
    assert accepted == []


def test_a_damaged_zip_is_refused_or_says_the_same(zipped: Document) -> None:
    @settings(max_examples=300)
    @given(BITS)
    def check(bits: list[int]) -> None:
        rows = zipped.read(flipped(zipped.body, bits))
        assert rows is None or rows.equals(zipped.rows)

    check()


def test_a_zip_with_a_piece_replaced_is_refused_or_says_the_same(zipped: Document) -> None:
    @settings(max_examples=200)
    @given(st.integers(0, len(zipped.body)), st.integers(0, 64), st.binary(max_size=64))
    def check(start: int, length: int, piece: bytes) -> None:
        damaged = zipped.body[:start] + piece + zipped.body[start + length :]
        rows = zipped.read(damaged)
        assert rows is None or rows.equals(zipped.rows)

    check()


def test_every_byte_of_a_zips_frame_is_watched(zipped: Document) -> None:
    """The headers at both ends, where the CRC does not reach: every bit of them."""
    length = len(zipped.body)
    for place in (*range(80), *range(length - 120, length)):
        for bit in range(8):
            rows = zipped.read(flipped(zipped.body, [place * 8 + bit]))
            assert rows is None or rows.equals(zipped.rows), (place, bit)


# texts without a checksum

REPORTS = {
    "taifex_daily_futures": "futures_2023_01_30.csv",
    "taifex_daily_options": "options_2023_01_30.csv",
}
REPORTED = date(2023, 1, 30)


@pytest.fixture(scope="module", params=REPORTS)
def report(request: pytest.FixtureRequest, samples: Path) -> Document:
    body = (samples / "taifex/daily-report" / REPORTS[request.param]).read_bytes()
    return document(request.param, REPORTED, body)


def test_half_a_report_is_refused_but_between_its_last_lines(report: Document) -> None:
    ends = sorted(
        {*range(0, len(report.body), 997), *range(len(report.body) - 300, len(report.body))}
    )
    cut = {end: rows for end in ends if (rows := report.read(report.body[:end])) is not None}
    for end, rows in cut.items():
        assert report.body[:end].endswith(b"\r\n")
        assert rows.equals(report.rows.slice(0, rows.num_rows))


def test_a_report_without_its_last_part_is_refused(report: Document) -> None:
    """Cut between any two lines: futures before their spreads, options before those of TXO."""
    lines = report.body.splitlines(keepends=True)
    of_last = b"/" if report.feed.name.endswith("futures") else b"TXO"
    first = next(
        number for number, line in enumerate(lines[1:], 1) if of_last in line.split(b",", 1)[1]
    )
    assert first / len(lines) > 0.7
    for number in (*range(0, first, 101), first - 1, first):
        assert report.read(b"".join(lines[:number])) is None


def test_damage_to_a_line_of_a_report_stays_in_it(report: Document) -> None:
    true = dict(zip(report.body.split(b"\n")[1:], report.rows.to_pylist(), strict=False))

    @settings(max_examples=60)
    @given(BITS)
    def check(bits: list[int]) -> None:
        damaged = flipped(report.body, bits)
        rows = report.read(damaged)
        if rows is None:
            return
        found = {row["line"]: row for row in rows.to_pylist()}
        dates = {row["report_date"] for row in found.values()}
        assert dates <= {"2023/01/30", "2023-01-30", None}
        for number, line in enumerate(damaged.split(b"\n"), 1):
            if line in true:
                assert found[number] == true[line] | {"line": number}

    check()


@pytest.fixture(scope="module")
def index_json(samples: Path) -> Document:
    """The real report with every sixtieth of its rows."""
    answer = json.loads((samples / "twse/MI_5MINS_INDEX_20230130.json").read_bytes())
    answer["data"] = answer["data"][::60]
    answer["total"] = len(answer["data"])
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    return document("twse_index", date(2023, 1, 30), body)


@pytest.fixture(scope="module")
def index_csv(samples: Path) -> Document:
    """The real report with every sixtieth of its rows."""
    body = (samples / "twse/MI_5MINS_INDEX_20230721.csv").read_bytes()
    lines = body.splitlines(keepends=True)
    end = 2 + 3_241
    kept = [*lines[:2], *lines[2:end:60], *lines[end:]]
    return document("twse_index", date(2023, 7, 21), b"".join(kept))


@pytest.fixture(scope="module")
def trades(samples: Path) -> Document:
    body = (samples / "finmind/TaiwanStockPriceTick_006204_2021-09-22.json").read_bytes()
    return document("finmind_trades", date(2021, 9, 22), body)


def test_half_a_json_is_refused_wherever_it_ends(index_json: Document, trades: Document) -> None:
    for whole in (index_json, trades):
        for end in range(0, len(whole.body), max(1, len(whole.body) // 500)):
            assert whole.read(whole.body[:end]) is None


def test_half_an_index_csv_is_refused_or_says_the_same(index_csv: Document) -> None:
    """Only the notes below the last row may be missing."""
    last_end = index_csv.body.index(b"\r\n", index_csv.body.index(b'"13:30:00"')) + 2
    for end in (*range(0, last_end - 900, 101), *range(last_end - 900, len(index_csv.body))):
        rows = index_csv.read(index_csv.body[:end])
        if rows is not None:
            assert end >= last_end
            assert rows.equals(index_csv.rows), end


@pytest.mark.parametrize("name", ["index_json", "trades"])
def test_one_flipped_bit_of_a_json_touches_one_row_or_one_name(
    name: str, request: pytest.FixtureRequest
) -> None:
    whole: Document = request.getfixturevalue(name)
    true = whole.rows.to_pylist()

    @settings(max_examples=200)
    @given(st.integers(0, len(whole.body) * 8 - 1))
    def check(bit: int) -> None:
        rows = whole.read(flipped(whole.body, [bit]))
        if rows is None:
            return
        both = zip(true, rows.to_pylist(), strict=True)
        changed = [(was, row) for was, row in both if was != row]
        if len({was["line"] for was, _ in changed}) > 1:
            assert len({was["index_name"] for was, _ in changed}) == 1
            assert all(was | {"index_name": row["index_name"]} == row for was, row in changed)

    check()


def test_damage_to_a_line_of_an_index_csv_stays_in_it(index_csv: Document) -> None:
    true: dict[bytes, list[dict[str, object]]] = {}
    lines = index_csv.body.split(b"\n")
    for row in index_csv.rows.to_pylist():
        true.setdefault(lines[row.pop("line") - 1], []).append(row)
    head = {row["index_name"] for row in true[lines[2]]}

    @settings(max_examples=150)
    @given(
        st.integers(len(lines[0]) + len(lines[1]) + 2, len(index_csv.body) - 1), st.integers(0, 7)
    )
    def check(place: int, bit: int) -> None:
        damaged = flipped(index_csv.body, [place * 8 + bit])
        rows = index_csv.read(damaged)
        if rows is None:
            return
        found: dict[int, list[dict[str, object]]] = {}
        for row in rows.to_pylist():
            found.setdefault(row.pop("line"), []).append(row)
        for number, line in enumerate(damaged.split(b"\n"), 1):
            if line in true:
                assert found[number] == true[line]
        assert {row["index_name"] for some in found.values() for row in some} <= {*head, ""}

    check()


# list pages


def test_one_flipped_bit_of_a_list_page_hides_no_file_and_moves_no_link(
    list_page: Callable[..., bytes],
) -> None:
    """A link may be lost to a damaged name: such a file counts as not out yet."""
    root = "/file/taifex/Dailydownload/DailydownloadCSV"
    body = list_page(
        *(
            (
                f"2026/10/{day:02} PM 04:41:42",
                f"2026/10/{day:02}",
                tuple(f"{root}{s}/Daily_2026_10_{day:02}{s}.zip" for s in ("", "_B", "_C")),
            )
            for day in (9, 8)
        )
    )
    listing = FEEDS["taifex_futures"].listing
    assert listing is not None
    true = listing.read(body)
    for place in range(len(body)):
        for bit in (place % 8, (place + 3) % 8):
            try:
                found = listing.read(flipped(body, [place * 8 + bit]))
            except Refusal as refusal:
                assert refusal.reason
                continue
            assert found.keys() == true.keys()
            for day, listed in found.items():
                assert listed.links.items() <= true[day].links.items()
