"""Publishers over HTTP: what each kind of answer becomes, at what pace, and where secrets go."""

import logging
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.small_publisher import (
    AGENT,
    INDEX,
    Exchange,
    Reply,
    babble,
    break_chunks,
    cut_off,
    dawdle,
    hang_up,
    lie_about_packing,
    reply,
    reset,
    serving,
)

from indextracker.feeds import FEEDS, Publisher, Refusal, State
from indextracker.feeds.model import Bearer, Quota
from indextracker.feeds.sources import Answer, judge
from indextracker.feeds.sources import http as module
from indextracker.feeds.sources.http import HttpSource
from indextracker.lake import Landing
from indextracker.system.documents import Document
from indextracker.system.places import Folder
from indextracker_catalogue.taiwan.secrets import FINMIND_TOKEN

REPORT = FEEDS["taifex_daily_futures"]
ETF = FEEDS["finmind_trades"]
PATH = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241216&response=json"
SECRET = "s3cret.t0ken-of-somebody"
LATER = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with serving() as one:
        yield one


def body(answer: Answer) -> bytes:
    assert answer.document is not None
    return answer.document.read()


def test_an_answer_is_taken_with_its_time(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"PK", Last_Modified="Mon, 16 Dec 2024 08:48:00 GMT")]
    answer = exchange.ask(session)
    assert answer == Answer(
        url=f"http://127.0.0.1:{exchange.server_port}{PATH}",
        name="MI_5MINS_INDEX_20241216.json",
        document=Document.of("MI_5MINS_INDEX_20241216.json", b"PK"),
        published_at=datetime(2024, 12, 16, 8, 48, tzinfo=UTC),
    )
    assert exchange.paths == [PATH]
    assert exchange.requests[0].method == "GET"
    assert exchange.requests[0].headers["User-Agent"] == AGENT


def test_an_unreadable_time_is_no_time(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"PK", Last_Modified="yesterday")]
    assert exchange.ask(session).published_at is None


def test_a_form_is_posted_and_recorded(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"rows")]
    answer = exchange.ask(session, REPORT)
    (asked,) = exchange.requests
    assert (asked.method, asked.path) == ("POST", "/cht/3/futDataDown")
    assert "queryStartDate=2024%2F12%2F16&queryEndDate=2024%2F12%2F16" in asked.form
    assert body(answer) == b"rows"
    assert answer.url.endswith(
        "/cht/3/futDataDown down_type=1&commodity_id=all"
        "&queryStartDate=2024/12/16&queryEndDate=2024/12/16"
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [(404, "missing"), (403, "blocked"), (429, "blocked"), (400, "refused"), (206, "refused")],
)
def test_a_refusing_status_is_final(
    exchange: Exchange, session: date, status: int, state: State
) -> None:
    exchange.replies = [reply(status, b"no")]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert (answer.document, answer.refusal.state) == (None, state)
    assert f"status {status}" in answer.refusal.reason
    assert len(exchange.requests) == 1


def test_a_redirect_is_not_followed(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(302, Location="https://example.org/[error")]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "refused"
    assert "status 302 and points to 'https://example.org/[error'" in answer.refusal.reason
    assert len(exchange.requests) == 1


TROUBLE = {
    "500": reply(500),
    "503": reply(503),
    "504": reply(504),
    "cut": cut_off,
    "reset": reset,
    "hang up": hang_up,
    "babble": babble,
    "chunks": break_chunks,
    "packing": lie_about_packing,
}


@pytest.mark.parametrize("failure", TROUBLE.values(), ids=TROUBLE)
def test_what_may_pass_is_asked_for_again(
    exchange: Exchange, session: date, failure: Reply
) -> None:
    exchange.replies = [failure, failure, reply(200, b"PK")]
    source, pauses = exchange.source()
    with source:
        (answer,) = source.answers(INDEX, session)
    assert body(answer) == b"PK"
    assert pauses == [5.0, 10.0]


def test_what_does_not_pass_is_blocked(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(500, b"<html>")]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "blocked"
    assert "asked for 3 times: the publisher answers with status 500" in answer.refusal.reason
    assert len(exchange.requests) == 3


def test_a_slow_publisher_is_blocked(
    exchange: Exchange, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", (1.0, 0.05))
    exchange.replies = [dawdle]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "blocked"
    assert "ReadTimeout" in answer.refusal.reason


def test_an_absent_publisher_is_blocked(session: date) -> None:
    with Exchange() as gone:
        pass
    answer = gone.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "blocked"
    assert "secret" not in answer.refusal.reason + answer.url


def test_an_oversized_answer_is_left(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, bytes(200_000))]
    answer = exchange.ask(session, replace(INDEX, largest_bytes=100_000))
    assert answer.refusal is not None
    assert (answer.document, answer.refusal.state) == (None, "refused")
    assert "larger than 100000 bytes" in answer.refusal.reason


def test_an_answer_that_never_ends_is_left(exchange: Exchange, session: date) -> None:
    """Each piece comes in time, and all of them together do not."""
    seconds = [0.0]

    def clock() -> float:
        seconds[0] += 200.0
        return seconds[0]

    exchange.replies = [reply(200, bytes(1_000_000))]
    answer = exchange.ask(session, clock=clock)
    assert answer.refusal is not None
    assert answer.refusal.state == "blocked"
    assert "not whole after 600 s" in answer.refusal.reason


def test_what_comes_with_a_refusing_status_need_not_come_whole(
    exchange: Exchange, session: date
) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(404)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    exchange.replies = [half]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "missing"
    assert len(exchange.requests) == 1  # a 4xx is final


def test_a_missing_document_is_not_yet_there_before_its_hour(
    exchange: Exchange, session: date
) -> None:
    exchange.replies = [reply(404)]
    source, _ = exchange.source()
    with source:
        assert judge(INDEX, str(session), source, LATER)[0].state == "missing"
        early = datetime(2024, 12, 16, 9, tzinfo=UTC)
        assert judge(INDEX, str(session), source, early)[0].state == "not_yet"


def test_requests_keep_their_distance_across_threads(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(500), reply(200, b"PK")]
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    publisher = Publisher("twse", f"http://127.0.0.1:{exchange.server_port}", 7.0)
    with HttpSource(
        [publisher], user_agent=AGENT, through_proxy=False, clock=lambda: now[0], sleep=sleep
    ) as source:
        threads = [
            threading.Thread(target=lambda: list(source.answers(INDEX, session))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(exchange.requests) == 4
    assert now[0] >= 21.0  # three distances between four requests


def test_the_next_process_keeps_its_distance_too(
    exchange: Exchange, session: date, tmp_path: Path
) -> None:
    """Also of attempts that failed; each publisher has a pace of its own."""
    exchange.replies = [reply(503)]
    now, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    def ask(name: str) -> None:
        publisher = Publisher(name, f"http://127.0.0.1:{exchange.server_port}", 7.0)
        options: Any = {"through_proxy": False, "clock": lambda: now[0], "sleep": sleep}
        with HttpSource([publisher], user_agent=AGENT, pace_folder=tmp_path, **options) as source:
            list(source.answers(INDEX if name == "twse" else REPORT, session))

    ask("twse")
    assert pauses == [5.0, 2.0, 10.0]  # the pauses after failures, and the rest of the pace
    now[0] += 3
    ask("taifex")
    ask("twse")
    assert pauses[3:6] == [5.0, 2.0, 10.0]
    exchange.replies = [reply(404)]
    now[0] += 3
    ask("twse")
    assert pauses[-1] == 4.0


def test_a_publisher_that_the_source_does_not_know_is_an_error(session: date) -> None:
    with HttpSource([], user_agent=AGENT) as source, pytest.raises(KeyError):
        list(source.answers(INDEX, session))


def test_a_publisher_whose_quota_is_used_up_is_not_asked(
    exchange: Exchange, session: date, tmp_path: Path
) -> None:
    """Attempts count, whichever process makes them; what is told says until when."""
    exchange.replies = [reply(503)]
    seconds = [datetime(2025, 1, 1, 12, tzinfo=UTC).timestamp()]

    def source() -> HttpSource:
        publisher = Publisher(
            "twse", f"http://127.0.0.1:{exchange.server_port}", 0.0, Quota(4, "day")
        )
        options: Any = {"through_proxy": False, "now": lambda: seconds[0], "sleep": lambda _: None}
        return HttpSource([publisher], user_agent=AGENT, pace_folder=tmp_path, **options)

    used_up = "twse was not asked: its 4 requests per day are used up until 2025-01-02 12:00 UTC"
    with source() as http:
        [first] = http.answers(INDEX, session)
        assert "asked for 3 times" in str(first.reason)
        assert http.barred(INDEX) is None
    with source() as http:
        [second] = http.answers(INDEX, session)
        assert (second.state, second.reason) == ("blocked", used_up)
        assert len(exchange.requests) == 4
        barred = http.barred(INDEX)
        assert barred is not None
        assert barred.reason == used_up
        [third] = http.answers(INDEX, session)
        assert (third.state, third.reason) == ("blocked", used_up)
        assert len(exchange.requests) == 4
        seconds[0] += 86_400
        list(http.answers(INDEX, session))
        assert len(exchange.requests) == 7


def test_a_publishers_headers_go_with_each_request(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(404)]
    headers = {"Referer": "https://www.example.org/", "Accept": "application/json"}
    publisher = Publisher("twse", f"http://127.0.0.1:{exchange.server_port}", 0.0, headers=headers)
    with HttpSource([publisher], user_agent=AGENT, through_proxy=False) as http:
        list(http.answers(INDEX, session))
    assert exchange.requests[0].headers.items() >= headers.items()
    assert exchange.requests[0].headers["User-Agent"] == AGENT


PIECE = bytes(range(256)) * 4_096  # a mebibyte
PIECES = 300
PIECES_DIGEST = "c94f9518a31d14b56d671b997ff6d3c99dc5dd58109f0c409b60f21bd748e6ea"


def test_a_large_document_lands_without_being_in_memory(
    exchange: Exchange, session: date, tmp_path: Path
) -> None:
    """300 MiB, made as they are sent, of which 12 MB were in memory at most when measured."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(PIECE) * PIECES))
        handler.end_headers()
        for _ in range(PIECES):
            handler.wfile.write(PIECE)

    exchange.replies = [send]
    landing = Landing(Folder(tmp_path))
    tracemalloc.start()
    try:
        answer = exchange.ask(session, replace(INDEX, largest_bytes=1 << 30))
        assert answer.document is not None
        digest = landing.put(answer.document)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 << 20
    assert (tmp_path / digest[:2] / digest).stat().st_size == len(PIECE) * PIECES
    assert digest == PIECES_DIGEST


# the publisher's own rules


def explain(status: int, body: bytes) -> Refusal | None:
    """A publisher who says with 400 that the quota is used up, and with 200 that it is closed."""
    if status == 400:
        return Refusal("blocked", f"quota: {body.decode()}")
    return Refusal("blocked", "closed") if body == b"closed" else None


@pytest.fixture
def peculiar(exchange: Exchange) -> Iterator[HttpSource]:
    url = f"http://127.0.0.1:{exchange.server_port}"
    publisher = Publisher("finmind", url, 0.0, explain=explain, access=Bearer(FINMIND_TOKEN))
    options: Any = {"user_agent": AGENT, "through_proxy": False, "sleep": lambda _: None}
    with HttpSource([publisher], secrets={"finmind_token": SecretStr(SECRET)}, **options) as source:
        yield source


def test_what_a_publisher_means_comes_before_the_common_reading(
    exchange: Exchange, peculiar: HttpSource, session: date
) -> None:
    exchange.replies = [reply(400, b"too many")]
    (answer,) = peculiar.answers(ETF, session)
    assert answer.refusal is not None
    assert (answer.refusal.state, answer.refusal.reason) == ("blocked", "quota: too many")
    assert len(exchange.requests) == 1


def test_a_status_without_rules_of_its_own_means_the_usual(
    exchange: Exchange, peculiar: HttpSource, session: date
) -> None:
    exchange.replies = [reply(504), reply(504), reply(404)]
    (answer,) = peculiar.answers(ETF, session)
    assert answer.refusal is not None
    assert answer.refusal.state == "missing"
    assert len(exchange.requests) == 3


def test_bytes_that_come_with_an_explanation_are_kept(
    exchange: Exchange, peculiar: HttpSource, session: date
) -> None:
    exchange.replies = [reply(200, b"closed")]
    (answer,) = peculiar.answers(ETF, session)
    assert body(answer) == b"closed"
    assert answer.refusal is not None
    assert judge(ETF, str(session), peculiar, LATER)[0].reason == "closed"


# secrets


def test_without_a_token_nobody_is_asked(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"{}")]
    source, _ = exchange.source()
    with source:
        verdict = judge(ETF, str(session), source, LATER)[0]
        barred = source.barred(ETF)
        assert source.barred(INDEX) is None
    assert verdict.state == "blocked"
    assert "INDEXTRACKER_FINMIND_TOKEN" in (verdict.reason or "")
    assert barred is not None
    assert barred.reason == verdict.reason
    assert exchange.requests == []


def test_a_token_goes_into_the_header_of_its_publisher_alone(
    exchange: Exchange, session: date
) -> None:
    exchange.replies = [reply(404)]
    source, _ = exchange.source(secrets={"finmind_token": SecretStr(SECRET)})
    with source:
        list(source.answers(ETF, session))
        list(source.answers(INDEX, session))
    of_etf, of_index = exchange.requests
    assert of_etf.headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in of_etf.path
    assert SECRET not in str(of_index)


def test_a_token_counts_more_than_the_machines_netrc(
    exchange: Exchange, session: date, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    exchange.replies = [reply(404)]
    exchange.ask(session, ETF, secrets={"finmind_token": SecretStr(SECRET)}, through_proxy=True)
    assert exchange.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, f'{{"msg":"no token {SECRET}","status":400}}'.encode()),
        reply(200, f'{{"msg":"no token {SECRET}","status":400}}'.encode()),
        reply(200, f"<html><title>{SECRET}</title>".encode()),
        reply(302, Location=f"https://example.org/?{SECRET}"),
        reply(500, SECRET.encode()),
        cut_off,
    ],
    ids=["400", "200", "page", "redirect", "500", "cut"],
)
def test_a_token_is_nowhere_in_what_is_kept(
    exchange: Exchange, session: date, answer: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    exchange.replies = [answer]
    source, _ = exchange.source(secrets={"finmind_token": SecretStr(SECRET)})
    with source:
        verdict = judge(ETF, str(session), source, LATER)[0]
    assert verdict.state != "accepted"
    assert SECRET in exchange.requests[0].headers["Authorization"]
    assert SECRET not in f"{verdict} {source!r} {vars(source)['_http']!r} {caplog.text}"
