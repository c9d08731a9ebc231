"""A publisher's secret is in the requests that are sent to it, and nowhere else.

Publishers with every kind of access fail in every way, and repeat what they were sent; then the
secret is looked for in all that is left of it: tables, landed bytes, what is told and logged, the
errors of the program, the files in which processes tell each other when they asked.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest
import requests
from pydantic import SecretStr
from support.small_publisher import (
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

from indextracker.acquiring import acquisition
from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS, PUBLISHERS
from indextracker.feeds.model import Bearer, Header, Publisher, Query, Quota
from indextracker.feeds.sources import http as module
from indextracker.feeds.sources import judge
from indextracker.feeds.sources.credentials import INSTEAD, Credential
from indextracker.feeds.sources.http import HttpSource
from indextracker.lake import Lake
from indextracker.settings.source import SourceSettings
from indextracker_catalogue import SECRETS, Secret
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.taiwan.secrets import FINMIND_TOKEN

ETF = FEEDS["finmind_trades"]
SECRET = 's3cret/with+signs&of="somebody"<1234>'
FORMS = (
    SECRET,
    quote(SECRET, safe=""),
    quote(SECRET),
    quote_plus(SECRET),
    json.dumps(SECRET)[1:-1],
)
ACCESSES = (
    Query("apikey", FINMIND_TOKEN),
    Header("X-Api-Key", FINMIND_TOKEN),
    Bearer(FINMIND_TOKEN),
)
NOW = datetime(2025, 6, 1, tzinfo=UTC)


def sent(handler: BaseHTTPRequestHandler) -> str:
    """All of a request, its address also in plain letters."""
    query = parse_qs(urlsplit(handler.path).query)
    return f"{handler.path} {query} {dict(handler.headers)} {SECRET}"


def repeating(status: int, form: Callable[[str], str] = str) -> Reply:
    """Answers with what was sent, in the body and in a header."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        plain = sent(handler).encode("latin-1", "replace").decode("latin-1")
        where = SECRET if status == 302 else quote(SECRET)
        reply(status, form(plain).encode(), Location=f"/moved?{where}")(handler)

    return answer


def trades(handler: BaseHTTPRequestHandler) -> None:
    """A good document, but for what it repeats."""
    reply(200, json.dumps({"status": 200, "data": [], "asked": sent(handler)}).encode())(handler)


def in_pieces(handler: BaseHTTPRequestHandler) -> None:
    """The secret where one piece of an answer ends and the next begins."""
    before = b"x" * (module.CHUNK_BYTES - len(SECRET) // 2)
    reply(200, before + SECRET.encode() + b"after")(handler)


ANSWERS: tuple[Reply, ...] = (
    *(repeating(status) for status in (302, 307, 400, 401, 403, 404, 418, 422, 429, 500, 503)),
    repeating(200, lambda text: json.dumps({"msg": text, "status": 400})),
    repeating(200, lambda text: f"<html><title>{text}</title>"),
    repeating(200),
    trades,
    in_pieces,
    *(cut_off, reset, hang_up, babble, break_chunks, lie_about_packing, dawdle),
)
DAYS = [date(2024, 12, 2) + timedelta(days=number) for number in range(len(ANSWERS))]


def by_day(handler: BaseHTTPRequestHandler) -> None:
    [day] = parse_qs(urlsplit(handler.path).query)["start_date"]
    ANSWERS[DAYS.index(date.fromisoformat(day))](handler)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with serving() as one:
        one.replies = [by_day]
        yield one


@pytest.fixture(params=ACCESSES, ids=lambda access: type(access).__name__)
def publisher(request: pytest.FixtureRequest, exchange: Exchange) -> Publisher:
    return replace(
        PUBLISHERS["finmind"],
        base_url=f"http://127.0.0.1:{exchange.server_port}",
        min_interval_seconds=0.001,
        quota=Quota(10_000, "day"),
        access=request.param,
    )


def source(publisher: Publisher, pace_folder: Path | None = None) -> HttpSource:
    return HttpSource(
        [publisher],
        user_agent="tests",
        secrets={"finmind_token": SecretStr(SECRET)},
        pace_folder=pace_folder,
        through_proxy=False,
        sleep=lambda _: None,
    )


def holds_secret(text: str) -> bool:
    return any(form in text for form in FORMS)


def all_of(error: BaseException) -> str:
    """An error as it would be printed, with all that it carries."""
    text, known = "", set[int]()
    errors: list[BaseException | None] = [error]
    while errors:
        one = errors.pop()
        if one is not None and id(one) not in known:
            known.add(id(one))
            text += "".join(traceback.format_exception(one, chain=False)) + repr(vars(one))
            errors += [one.__cause__, one.__context__]
    return text


def test_the_secret_is_where_the_publisher_looks_for_it(
    exchange: Exchange, publisher: Publisher
) -> None:
    with source(publisher) as http:
        list(http.answers(ETF, DAYS[0]))
    [asked] = exchange.requests
    query = parse_qs(urlsplit(asked.path).query)
    found = {
        "Query": query.get("apikey"),
        "Header": [asked.headers.get("X-Api-Key")],
        "Bearer": [asked.headers.get("Authorization", "").removeprefix("Bearer ")],
    }
    assert found.pop(type(publisher.access).__name__) == [SECRET]
    assert not holds_secret(str(found))
    assert query["dataset"] == ["TaiwanStockPriceTick"]


@pytest.mark.parametrize(("secret", "kept"), [("demo", True), ("demo1234", False)])
def test_a_secret_that_is_a_common_word_is_not_cut_out_of_documents(
    secret: str, kept: bool
) -> None:
    credential = Credential(ACCESSES[0], SecretStr(secret))
    body = f"A {secret} of the new phone".encode()
    assert (b"".join(credential.hide_in([body])) == body) == kept
    assert credential.hide(f"/query?apikey={secret}") == f"/query?apikey={INSTEAD}"


def test_the_secret_is_nowhere_else(
    exchange: Exchange,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", (1.0, 0.1))
    monkeypatch.setattr(acquisition, "BLOCKS_BORNE", 1_000)
    lake, told = Lake(str(tmp_path / "lake"), "real"), list[str]()
    with source(publisher, tmp_path / "pace") as http:
        answers = acquire(
            lake,
            ETF,
            [*map(str, DAYS)],
            http,
            clock=lambda: NOW,
            progress=lambda answer: told.append(repr(answer)),
            announce=told.append,
            remark=lambda remark: told.append(repr(remark)),
        )
        told.append(f"{http!r} {vars(http)!r}")
    monkeypatch.undo()
    assert {answer.state for answer in answers.values()} == {
        "accepted",
        "missing",
        "blocked",
        "refused",
    }
    assert len(exchange.requests) > len(ANSWERS)
    printed = capfd.readouterr()
    with lake.sql([DELIVERIES]) as connection:
        log = str(connection.sql("select * from deliveries").fetchall())
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    kept = "".join(file.read_bytes().decode("latin-1") for file in files)
    for text in (log, kept, *told, caplog.text, printed.out, printed.err):
        assert not holds_secret(text)
    # They were there to be found: what was landed repeats the secret, and the library logs.
    assert INSTEAD in kept
    assert "GET /api/v4/data" in caplog.text
    assert {file.name for file in (tmp_path / "pace").iterdir()} >= {
        "pace.finmind",
        "quota.finmind",
    }


@pytest.mark.parametrize(
    ("error", "blocked"),
    [
        (requests.ConnectionError, True),
        (requests.ReadTimeout, True),
        (requests.exceptions.SSLError, True),
        (requests.exceptions.InvalidURL, False),
        (requests.exceptions.InvalidHeader, False),
        (UnicodeError, False),
    ],
)
def test_an_error_whose_text_holds_the_request_is_not_passed_on(
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    blocked: bool,
) -> None:
    def fail(_: object, request: requests.PreparedRequest, **__: object) -> None:
        raise error(f"{request.url} {request.headers}") from ValueError(SECRET)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)
    with source(publisher) as http:
        if blocked:
            [answer] = http.answers(ETF, DAYS[0])
            refusal = answer.refusal
            assert refusal is not None
            assert (refusal.state, error.__name__ in refusal.reason) == ("blocked", True)
            assert not holds_secret(all_of(refusal))
            return
        with pytest.raises(
            requests.RequestException, match="finmind cannot be asked for"
        ) as raised:
            judge(ETF, str(DAYS[0]), http, NOW)
    assert error.__name__ in str(raised.value)
    assert not holds_secret(all_of(raised.value))


def test_a_publisher_that_is_not_there_tells_no_secret(publisher: Publisher) -> None:
    nowhere = replace(publisher, base_url="http://127.0.0.1:9")
    with source(nowhere) as http:
        [answer] = http.answers(ETF, DAYS[0])
    assert answer.refusal is not None
    assert answer.refusal.state == "blocked"
    assert not holds_secret(all_of(answer.refusal) + repr(answer))


@pytest.mark.parametrize("logger", ["urllib3.connectionpool", "urllib3.util.retry"])
def test_what_the_library_logs_with_an_error_is_hidden_while_the_source_is_open(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, logger: str
) -> None:
    with source(publisher):
        error = ValueError(SECRET)
        logging.getLogger(logger).warning("at %s", f"/data?{SECRET}", exc_info=error)
    assert f"at /data?{INSTEAD}" in caplog.text
    assert f"ValueError: {INSTEAD}" in caplog.text
    assert not holds_secret(caplog.text)
    assert logging.getLogger(logger).filters == []


def test_each_publishers_secret_is_a_secret_of_the_settings() -> None:
    wanted = {one.access.secret for one in PUBLISHERS.values() if one.access}
    assert wanted == set(SECRETS.values())
    given = SourceSettings.model_validate({secret.name: SecretStr("abc") for secret in wanted})
    assert given.secrets.keys() == SECRETS.keys()


def test_a_secret_that_a_subject_declares_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Secret("harbour_key", site="Harbour", opens="its pages", advice="ask for a key")
    monkeypatch.setitem(SECRETS, key.name, key)
    assert key.name in SourceSettings.names()
    assert SourceSettings.model_validate({}).secrets == {}
    given = SourceSettings.model_validate({key.name: f" {SECRET}\n"})
    assert given.secrets == {key.name: SecretStr(SECRET)}
    assert not holds_secret(f"{given!r} {given.model_dump()} {given.model_dump_json()}")
