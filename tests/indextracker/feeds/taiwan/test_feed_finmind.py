"""FinMind's ETF trades: what is accepted, what is refused and why, and what errors mean."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from support.documents import accepted, decoded

from indextracker.feeds import FEEDS, PUBLISHERS, Refusal
from indextracker.feeds.model import Request, State
from indextracker_catalogue.model import ARROW

FEED = FEEDS["finmind_trades"]
FINMIND = PUBLISHERS["finmind"]
SESSION = date(2021, 9, 22)
SCHEMA = pa.schema(
    [(column.name, pa.type_for_alias(ARROW[column.type])) for column in FEED.table.columns]
)
TRADE = {
    "date": "2021-09-22",
    "stock_id": "006204",
    "deal_price": 90.0,
    "volume": 10,
    "Time": "13:20:24.969",
    "TickType": 1,
}


def answer(*trades: object, **replaced: object) -> bytes:
    said: dict[str, object] = {"msg": "success", "status": 200, "data": list(trades)}
    return json.dumps(said | replaced).encode()


def assert_refused(body: bytes, state: State, *words: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(FEED, body, SESSION)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in words if word not in refusal.reason] == [], refusal


def explained(status: int, body: bytes | str) -> Refusal:
    assert FINMIND.explain is not None
    said = body if isinstance(body, bytes) else json.dumps({"msg": body, "status": status}).encode()
    refusal = FINMIND.explain(status, said)
    assert refusal is not None
    return refusal


def test_real_trades_are_read_as_they_are_written(samples: Path) -> None:
    assert FEED.names(SESSION) == ("TaiwanStockPriceTick_006204_2021-09-22.json",)
    body = (samples / "finmind" / FEED.names(SESSION)[0]).read_bytes()
    accepted(FEED, body, SESSION)
    rows = decoded(FEED, body, SESSION)
    assert rows.schema == SCHEMA
    cells = ("line", "trade_date", "stock_id", "deal_price", "volume", "trade_time", "tick_type")
    assert [tuple(row[cell] for cell in cells) for row in rows.to_pylist()] == [
        (1, "2021-09-22", "006204", "90.1", "1", "09:00:11.161", "1"),
        (2, "2021-09-22", "006204", "90.0", "10", "13:20:24.969", "1"),
        (3, "2021-09-22", "006204", "90.0", "10", "13:20:26.038", "1"),
    ]
    assert rows.column("text").null_count == 3


def test_a_day_without_trades_is_a_document_without_rows() -> None:
    accepted(FEED, answer(), SESSION)
    rows = decoded(FEED, answer(), SESSION)
    assert rows.num_rows == 0
    assert rows.schema == SCHEMA
    # An empty list does not tell whether the day is over.
    assert not FEED.tells_end


def test_trades_of_another_day_or_stock_are_refused(samples: Path) -> None:
    body = (samples / "finmind" / FEED.names(SESSION)[0]).read_bytes()
    with pytest.raises(
        Refusal, match="row 1 of data has the date '2021-09-22', expected 2021-09-23"
    ):
        accepted(FEED, body, date(2021, 9, 23))
    assert_refused(
        answer(TRADE, TRADE | {"stock_id": "0050"}), "refused", "row 2", "'0050'", "006204"
    )


@pytest.mark.parametrize("key", ["date", "stock_id"])
def test_a_trade_that_does_not_say_of_what_it_is_is_refused(key: str) -> None:
    short = {name: value for name, value in TRADE.items() if name != key}
    assert_refused(answer(TRADE, short), "refused", "row 2 of data", f"{key} None")
    assert_refused(answer(TRADE | {key: None}), "refused", "row 1 of data", f"{key} None")


@pytest.mark.parametrize("key", ["deal_price", "volume", "Time", "TickType"])
def test_a_trade_without_another_cell_is_one_reject(key: str) -> None:
    """Of all trades it makes another document."""
    short = {name: value for name, value in TRADE.items() if name != key}
    body = answer(TRADE, short, TRADE | {key: [1]})
    column = {"Time": "trade_time", "TickType": "tick_type"}.get(key, key)
    assert_refused(body, "refused", "2 of 3 lines", "line 2")
    body = answer(TRADE, TRADE, TRADE, short, TRADE | {key: [1]})
    accepted(FEED, body, SESSION)
    cells = decoded(FEED, body, SESSION).column(column).to_pylist()
    assert [cell is None for cell in cells] == [False, False, False, True, True]
    renamed = [{**short, "other": 1}] * 3
    assert_refused(answer(*renamed), "refused", "3 of 3 lines cannot be read", "line 1")


@pytest.mark.parametrize(
    ("session", "taken"), [(date(2019, 12, 31), True), (date(2020, 1, 2), False)]
)
def test_what_the_side_is_does_not_matter_before_2020(session: date, taken: bool) -> None:
    """The vendor's documentation: TickType means nothing in 2019."""
    body = answer(*[TRADE | {"date": f"{session}", "TickType": 7}] * 3)
    if taken:
        accepted(FEED, body, session)
    else:
        with pytest.raises(Refusal, match="3 of 3 lines cannot be read"):
            accepted(FEED, body, session)


def test_unknown_keys_are_let_be() -> None:
    accepted(FEED, answer(TRADE | {"more": [1]}, more=2), SESSION)


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (b"", "blocked", ("no readable JSON",)),
        (b"<html><title>Bad</title>", "blocked", ("HTML page", "'Bad'")),
        (answer(TRADE)[:-1], "blocked", ("no readable JSON",)),
        (b"[]", "refused", ("JSON list",)),
        (b"{}", "refused", ("status None",)),
        (answer(data=None), "refused", ("has no list 'data'",)),
        (answer(1), "refused", ("row 1 of data",)),
        (answer(status=500), "refused", ("status '500'", "expected 200")),
        (answer(status=402, msg="Requests reach the upper limit."), "blocked", ("upper limit",)),
    ],
)
def test_what_are_no_trades(body: bytes, state: State, words: tuple[str, ...]) -> None:
    assert_refused(body, state, *words)


@pytest.mark.parametrize(
    ("status", "message", "state", "words"),
    [
        (
            400,
            "Your level is register. Please update your user level.",
            "blocked",
            ("Your level is register", "Backer or Sponsor", "INDEXTRACKER_FINMIND_TOKEN"),
        ),
        (400, "Token is illegal.", "blocked", ("Token is illegal", "Backer or Sponsor")),
        (400, "parameter data_id error", "refused", ("parameter data_id error", "not understood")),
        (402, "Requests reach the upper limit.", "blocked", ("upper limit", "quota")),
        (403, "ip banned", "blocked", ("ip banned", "30 minutes")),
        (422, "dataset not found", "refused", ("dataset not found", "not known")),
    ],
)
def test_errors_are_told_apart(
    status: int, message: str, state: State, words: tuple[str, ...]
) -> None:
    refusal = explained(status, message)
    assert refusal.state == state
    assert [word for word in (str(status), *words) if word not in refusal.reason] == []
    # The same answer with status 200 of HTTP means the same.
    assert_refused(json.dumps({"msg": message, "status": status}).encode(), state, *words)


@pytest.mark.parametrize("status", [200, 404, 500, 504])
def test_other_answers_have_their_common_meaning(status: int) -> None:
    assert FINMIND.explain is not None
    assert FINMIND.explain(status, b"") is None


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[1]", b'{"detail": [{"loc": 1}]}'])
def test_an_error_may_say_anything(body: bytes) -> None:
    assert explained(402, body).state == "blocked"


@pytest.mark.parametrize(
    "secret",
    [
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJkYXRlIjoiMjAyMSJ9.c2lnbmF0dXJlLTEyMzQ1",
        "0123456789abcdef0123456789abcdef",
        "abcdefgh-1234-ijkl-5678-mnopqrstuvwx",
    ],
)
@pytest.mark.parametrize("text", ["Token {} is illegal", "your key: {}", "Bearer {}", "{}"])
def test_a_token_that_comes_back_is_not_repeated(secret: str, text: str) -> None:
    for status in (400, 402, 403, 422):
        refusal = explained(status, text.format(secret))
        assert secret[:8] not in refusal.reason
        assert secret[-8:] not in refusal.reason
        assert "redacted" in refusal.reason


def test_a_wrong_token_is_a_matter_of_access() -> None:
    refusal = explained(400, "Token 0123456789abcdef is illegal")
    assert refusal.state == "blocked"
    assert "Backer or Sponsor" in refusal.reason


def test_what_is_no_secret_is_repeated() -> None:
    message = "dataset TaiwanStockPriceTick of 006204 at 2021-09-22 is unknown"
    assert message in explained(422, message).reason


def test_trades_are_asked_for_by_day() -> None:
    assert FEED.request(SESSION) == Request(
        "/api/v4/data?dataset=TaiwanStockPriceTick&data_id=006204&start_date=2021-09-22"
    )
    assert FINMIND.access is not None
    assert FINMIND.access.secret.name == "finmind_token"
    assert "INDEXTRACKER_FINMIND_TOKEN" in FINMIND.access.secret.advice
