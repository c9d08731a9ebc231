"""A document is taken apart once for its verdict and its rows, and never for another's rows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pyarrow as pa
import pytest

from indextracker.feeds.model import Refusal
from indextracker.feeds.reading import Reader
from indextracker_catalogue.taiwan import TWSE_HOLIDAYS

DAY = date(2024, 12, 16)
NEXT = date(2024, 12, 17)
CELLS = ("name", "date", "weekday", "description", "note")


class Counting:
    """Reads a document as one row with its own bytes, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.reader = Reader(TWSE_HOLIDAYS, lambda _: ("schedule.json",), self.read)

    def read(self, body: bytes, session: date) -> pa.Table:
        self.count += 1
        if body.startswith(b"bad"):
            raise Refusal("refused", "bad")
        cells = {name: [f"{session} {body.decode()}"] for name in CELLS}
        text = pa.nulls(1, pa.string())
        return pa.table({"line": pa.array([1], pa.int64()), **cells, "text": text})

    def name(self, body: bytes, session: date = DAY) -> str:
        rows = self.reader.decode(body, session, "d")
        assert rows.column_names == list(TWSE_HOLIDAYS.column_names)
        return str(rows.column("name")[0])


def test_a_verified_document_is_decoded_from_the_same_parse() -> None:
    feed = Counting()
    body = b"good"
    feed.reader.verify(body, DAY)
    assert feed.name(body) == "2024-12-16 good"
    assert feed.count == 1
    assert feed.name(body) == "2024-12-16 good"
    assert feed.count == 2  # nothing is kept beyond its decoding


def test_another_document_session_or_feed_is_read_for_itself() -> None:
    feed, other = Counting(), Counting()
    body = b"good"
    feed.reader.verify(body, DAY)
    assert feed.name(b"other") == "2024-12-16 other"
    feed.reader.verify(body, DAY)
    assert feed.name(body, NEXT) == "2024-12-17 good"
    feed.reader.verify(body, DAY)
    assert other.name(body) == "2024-12-16 good"
    assert (feed.count, other.count) == (5, 1)


def test_a_refused_document_leaves_nothing_behind() -> None:
    feed = Counting()
    body = b"good"
    feed.reader.verify(body, DAY)
    with pytest.raises(Refusal):
        feed.reader.verify(b"bad", DAY)
    with pytest.raises(Refusal):
        feed.name(b"bad")
    assert feed.name(body) == "2024-12-16 good"
    assert feed.count == 4


def test_threads_do_not_meet() -> None:
    feed = Counting()
    body = b"good"
    feed.reader.verify(body, DAY)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(feed.name, body).result() == "2024-12-16 good"
    assert feed.count == 2
    assert feed.name(body) == "2024-12-16 good"
    assert feed.count == 2
