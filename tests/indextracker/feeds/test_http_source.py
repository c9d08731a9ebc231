"""Publishers over HTTP: what each kind of answer becomes, and at what pace they are asked."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from indextracker.feeds import FEEDS, Publisher, State
from indextracker.feeds import sources as module
from indextracker.feeds.sources import Answer, HttpSource, judge

FUTURES = FEEDS["taifex_futures"]
PATH = "/file/taifex/Dailydownload/DailydownloadCSV/Daily_2024_12_16.zip"
AGENT = "indextracker tests"
LATER = datetime(2025, 1, 1, tzinfo=UTC)

Reply = Callable[[BaseHTTPRequestHandler], None]


class Exchange(ThreadingHTTPServer):
    """Answers each request with the next of its replies, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.requests: list[tuple[str, str | None]] = []

    def source(self) -> tuple[HttpSource, list[float]]:
        """A source of this exchange, and the pauses that it makes."""
        pauses: list[float] = []
        url = f"http://user:secret@127.0.0.1:{self.server_port}"
        publisher = Publisher("taifex", url, 0.0)
        return (
            HttpSource([publisher], user_agent=AGENT, through_proxy=False, sleep=pauses.append),
            pauses,
        )

    def ask(self, session: date) -> Answer:
        source, _ = self.source()
        with source:
            (answer,) = source.answers(FUTURES, session)
        return answer


class Handler(BaseHTTPRequestHandler):
    server: Exchange

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers["User-Agent"]))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply(self)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.3)


def test_an_answer_is_taken_with_its_time(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"PK", Last_Modified="Mon, 16 Dec 2024 08:48:00 GMT")]
    answer = exchange.ask(session)
    assert answer == Answer(
        url=f"http://127.0.0.1:{exchange.server_port}{PATH}",
        name="Daily_2024_12_16.zip",
        body=b"PK",
        published_at=datetime(2024, 12, 16, 8, 48, tzinfo=UTC),
    )
    assert exchange.requests == [(PATH, AGENT)]


def test_an_unreadable_time_is_no_time(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(200, b"PK", Last_Modified="yesterday")]
    assert exchange.ask(session).published_at is None


def test_query_and_name_are_of_the_form_that_is_asked_for(exchange: Exchange) -> None:
    exchange.replies = [reply(200, b"{}")]
    feed = FEEDS["twse_index"]
    url = f"http://127.0.0.1:{exchange.server_port}"
    publisher = Publisher("twse", url, 0.0)
    with HttpSource([publisher], user_agent=AGENT, through_proxy=False) as source:
        (answer,) = source.answers(feed, date(2023, 1, 30))
    assert answer.name == "MI_5MINS_INDEX_20230130.json"
    assert exchange.requests[0][0].endswith("/MI_5MINS_INDEX?date=20230130&response=json")


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
    assert (answer.body, answer.refusal.state) == (None, state)
    assert f"status {status}" in answer.refusal.reason
    assert len(exchange.requests) == 1


def test_a_redirect_is_not_followed(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(302, Location="https://example.org/[error")]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert answer.refusal.state == "refused"
    assert "status 302 and points to 'https://example.org/[error'" in answer.refusal.reason
    assert len(exchange.requests) == 1


@pytest.mark.parametrize("failure", [reply(500), reply(503), cut_off], ids=["500", "503", "cut"])
def test_what_may_pass_is_asked_for_again(
    exchange: Exchange, session: date, failure: Reply
) -> None:
    exchange.replies = [failure, failure, reply(200, b"PK")]
    source, pauses = exchange.source()
    with source:
        (answer,) = source.answers(FUTURES, session)
    assert answer.body == b"PK"
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


def test_an_oversized_answer_is_left(
    exchange: Exchange, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_DOCUMENT_BYTES", 100_000)
    exchange.replies = [reply(200, bytes(200_000))]
    answer = exchange.ask(session)
    assert answer.refusal is not None
    assert (answer.body, answer.refusal.state) == (None, "refused")
    assert "larger than 100000 bytes" in answer.refusal.reason


def test_a_missing_document_is_not_yet_there_before_its_hour(
    exchange: Exchange, session: date
) -> None:
    exchange.replies = [reply(404)]
    source, _ = exchange.source()
    with source:
        assert judge(FUTURES, session, source, LATER).state == "missing"
        early = datetime(2024, 12, 16, 9, tzinfo=UTC)
        assert judge(FUTURES, session, source, early).state == "not_yet"


def test_requests_keep_their_distance_across_threads(exchange: Exchange, session: date) -> None:
    exchange.replies = [reply(500), reply(200, b"PK")]
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    publisher = Publisher("taifex", f"http://127.0.0.1:{exchange.server_port}", 7.0)
    with HttpSource(
        [publisher], user_agent=AGENT, through_proxy=False, clock=lambda: now[0], sleep=sleep
    ) as source:
        threads = [
            threading.Thread(target=lambda: list(source.answers(FUTURES, session)))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(exchange.requests) == 4
    assert now[0] >= 21.0  # three distances between four requests


def test_a_publisher_that_the_source_lacks_is_an_error(session: date) -> None:
    with HttpSource([], user_agent=AGENT) as source, pytest.raises(KeyError):
        list(source.answers(FUTURES, session))
