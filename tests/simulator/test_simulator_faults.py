"""Faults on request, as a client over real HTTP meets them."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests

from indextracker_simulator.answers import HTML, ZIP, Answer
from indextracker_simulator.faults import KINDS, FaultKind, Faults
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = "/file/taifex/Dailydownload/"
TICKS = FILES + "DailydownloadCSV/Daily_2024_12_16.zip"
TOTALS = FILES + "DailydownloadCSV_B/Daily_2024_12_16_B.zip"
INDEX = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241216&response=json"
HOLIDAYS = "/rwd/zh/holidaySchedule/holidaySchedule?response=json&date=20240101"
LIST = "/cht/3/dlFutPrevious30DaysSalesData"
ENTRY = "Daily_2024_12_16_B.csv"
NO_CONNECTION = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return Exchange(clock=lambda: datetime(2024, 12, 20, 12, tzinfo=UTC), window=30)


class Client:
    """Asks one server."""

    def __init__(self, server: ExchangeServer, session: requests.Session) -> None:
        self.server = server
        self.session = session

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.server.url + path)


@contextmanager
def _client(
    exchange: Exchange, rates: dict[FaultKind, float], *, seed: int = 7, most: int | None = None
) -> Iterator[Client]:
    faults = Faults(seed, rates, most=most, latency_seconds=0.01)
    with (
        ExchangeServer(exchange, faults=faults).in_background() as server,
        requests.Session() as session,
    ):
        session.trust_env = False
        yield Client(server, session)


def _right(exchange: Exchange, path: str) -> bytes:
    with _client(exchange, {}) as client:
        return client.get(path).content


def _zip(body: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body))


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_a_connection_ends_early(exchange: Exchange, kind: FaultKind) -> None:
    with _client(exchange, {kind: 1}, most=2) as client:
        for _ in range(2):
            with pytest.raises(NO_CONNECTION):
                client.get(TOTALS)
        assert client.get(TOTALS).content == _right(exchange, TOTALS)
    status = None if kind == "drop" else 200
    assert client.server.journal == [(TOTALS, status, kind)] * 2 + [(TOTALS, 200, None)]


def test_an_answer_waits(exchange: Exchange) -> None:
    with _client(exchange, {"latency": 1}) as client:
        assert client.get(TOTALS).content == _right(exchange, TOTALS)
    assert [entry.fault for entry in client.server.journal] == ["latency"]


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("html", 200)])
@pytest.mark.parametrize("path", [TOTALS, INDEX])
def test_a_page_instead_of_a_document(
    exchange: Exchange, kind: FaultKind, status: int, path: str
) -> None:
    with _client(exchange, {kind: 1}) as client:
        answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "under maintenance" in answer.content.decode()


def test_a_zip_ends_early_and_only_the_zip_tells(exchange: Exchange) -> None:
    right = _right(exchange, TICKS)
    with _client(exchange, {"truncate": 1}) as client:
        answer = client.get(TICKS)
    assert int(answer.headers["Content-Length"]) == len(answer.content) < len(right)
    assert right.startswith(answer.content)
    with pytest.raises(zipfile.BadZipFile):
        _zip(answer.content)


def test_a_json_ends_early(exchange: Exchange) -> None:
    with _client(exchange, {"truncate": 1}) as client:
        answer = client.get(INDEX)
    assert len(answer.content) > 1000
    with pytest.raises(ValueError, match="line 1"):
        json.loads(answer.content)


def test_a_page_ends_early(exchange: Exchange) -> None:
    right = _right(exchange, LIST)
    with _client(exchange, {"half": 1, "truncate": 0}) as client:
        cut = client.get(LIST).content
        whole = client.get(TOTALS).content
    assert right.startswith(cut)
    assert len(cut) < len(right)
    assert whole == _right(exchange, TOTALS)  # a zip is no page


def test_a_stale_file_is_the_session_before_under_todays_name(exchange: Exchange) -> None:
    with _client(exchange, {"stale": 1}) as client:
        tick_file = client.get(TOTALS).content
        report = client.get(INDEX).json()
        schedule = client.get(HOLIDAYS).json()
    assert tick_file == _right(exchange, TOTALS.replace("12_16", "12_13"))
    assert report["date"] == "20241213"
    assert schedule["queryYear"] == 112


def test_a_stale_list_is_of_the_day_before(exchange: Exchange) -> None:
    with _client(exchange, {"stale": 1}) as client:
        page = client.get(LIST).text
    days = re.findall(r">(\d{4}/\d\d/\d\d)</td>", page)
    assert days[:3] == ["2024/12/19", "2024/12/18", "2024/12/17"]  # not Friday the 20th


def test_what_is_not_there_cannot_be_stale(exchange: Exchange) -> None:
    with _client(exchange, {"stale": 1}) as client:
        answer = client.get(TOTALS.replace("12_16", "12_15"))
    assert "查無資料" in answer.content.decode()
    assert client.server.journal[0].fault is None


def test_a_flipped_bit_breaks_the_data(exchange: Exchange) -> None:
    right = _right(exchange, TOTALS)
    seen = set()
    for seed in range(30):
        with _client(exchange, {"corrupt": 1}, seed=seed) as client:
            body = client.get(TOTALS).content
        differing = [place for place in range(len(right)) if body[place] != right[place]]
        assert len(body) == len(right)
        assert len(differing) == 1
        assert (body[differing[0]] ^ right[differing[0]]).bit_count() == 1
        with pytest.raises((zipfile.BadZipFile, zlib.error)):
            _zip(body).read(ENTRY)
        seen.add(differing[0])
    assert len(seen) > 10


def test_an_entry_of_another_name(exchange: Exchange) -> None:
    content = _zip(_right(exchange, TOTALS)).read(ENTRY)
    names = set()
    for seed in range(20):
        with _client(exchange, {"rename": 1}, seed=seed) as client:
            archive = _zip(client.get(TOTALS).content)
        (name,) = archive.namelist()
        assert archive.read(name) == content
        names.add(name)
    assert ENTRY not in names
    assert f"../{ENTRY}" in names
    assert len(names) > 1


def test_a_second_entry(exchange: Exchange) -> None:
    firsts = set()
    for seed in range(10):
        with _client(exchange, {"second": 1}, seed=seed) as client:
            names = _zip(client.get(TOTALS).content).namelist()
        assert sorted(names) == [ENTRY, "readme.txt"]
        firsts.add(names[0])
    assert len(firsts) == 2


def test_an_entry_of_implausible_size(exchange: Exchange) -> None:
    with _client(exchange, {"huge": 1}) as client:
        body = client.get(TOTALS).content
    (entry,) = _zip(body).infolist()
    assert (entry.filename, entry.file_size) == (ENTRY, 256 << 20)
    assert len(body) < 2 << 20


def test_each_kind_befalls_its_share_of_the_answers() -> None:
    answer = Answer(200, ZIP, b"PK", earlier=lambda: answer)
    rates: dict[FaultKind, float] = {"drop": 0.1, "corrupt": 0.3, "stale": 0.2, "half": 0.4}
    faults = Faults(1, rates)
    drawn = [faults.draw(f"document {n}", answer) for n in range(4000)]
    kinds = Counter(None if fault is None else fault.kind for fault in drawn)
    assert set(kinds) == {None, "drop", "corrupt", "stale"}  # a zip is no page
    for kind in ("drop", "corrupt", "stale"):
        assert kinds[kind] / len(drawn) == pytest.approx(rates[kind], abs=0.03)
    page = Answer(200, HTML, b"<html>")
    drawn = [faults.draw(f"page {n}", page) for n in range(4000)]
    kinds = Counter(None if fault is None else fault.kind for fault in drawn)
    assert set(kinds) == {None, "drop", "half"}


def test_faults_are_the_same_for_equal_seeds_in_any_order_of_asking() -> None:
    answer = Answer(200, ZIP, b"PK")
    documents = [f"document {n}" for n in range(20)]

    def kinds(seed: int, asked: list[str]) -> dict[str, list[str | None]]:
        faults = Faults(seed, {"drop": 0.3, "corrupt": 0.3})
        found: dict[str, list[str | None]] = {document: [] for document in asked}
        for _ in range(5):
            for document in asked:
                fault = faults.draw(document, answer)
                found[document].append(fault and fault.kind)
        return found

    assert kinds(1, documents) == kinds(1, documents[::-1])
    assert kinds(1, documents) != kinds(2, documents)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_faults_end_after_so_many_for_each_document(most: int) -> None:
    answer = Answer(200, ZIP, b"PK")
    faults = Faults(1, {"drop": 0.5, "html": 0.4}, most=most)
    for document in ("a", "b"):
        befallen = [faults.draw(document, answer) for _ in range(40)]
        assert sum(fault is not None for fault in befallen) == most


@pytest.mark.parametrize(
    "rates", [{"flood": 0.1}, {"drop": -0.1}, {"drop": 0.6, "html": 0.6}, {"drop": float("nan")}]
)
def test_rates_that_are_none(rates: dict[FaultKind, float]) -> None:
    with pytest.raises(ValueError, match=r"no fault is called|no shares"):
        Faults(1, rates)


def test_every_kind_happens_and_reruns_end_well(exchange: Exchange) -> None:
    """All documents come right in the end, whatever befell them before."""
    rates: dict[FaultKind, float] = dict.fromkeys(KINDS, 1 / len(KINDS))
    paths = (TOTALS, TOTALS.replace("12_16", "12_17"), HOLIDAYS, LIST)
    rights = {path: _right(exchange, path) for path in paths}
    with _client(exchange, rates, most=25) as client:
        for path in paths * 60:
            try:
                body = client.get(path).content
            except NO_CONNECTION:
                body = b""
            if client.server.journal[-1].fault in (None, "latency"):
                assert body == rights[path]
    befallen = Counter(entry.fault for entry in client.server.journal)
    assert set(befallen) == {None, *KINDS}
    assert befallen.total() - befallen[None] == 25 * len(paths)
