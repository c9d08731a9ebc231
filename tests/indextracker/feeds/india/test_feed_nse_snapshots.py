"""A vendor's prices at a moment, in both of its forms, from document to facts."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pydantic import SecretStr
from support import small_publisher
from support.documents import accepted
from support.small_publisher import reply

from indextracker.feeds import PUBLISHERS, Refusal
from indextracker.feeds.india.snapshots import SNAPSHOTS
from indextracker.feeds.sources import judge
from indextracker.feeds.sources.credentials import Credential
from indextracker.readings.india.snapshots import PRICES
from indextracker.readings.india.snapshots import SNAPSHOTS as READING
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.snapshots import frozen_json, newer_json

INDIA = ZoneInfo("Asia/Kolkata")
SESSION = date(2024, 4, 26)
EVENING = datetime(2024, 4, 26, 18, 45, tzinfo=INDIA)


def facts(body: bytes, session: date = SESSION) -> dict[str, dict[str, Any]]:
    """The rows of silver by what the vendor calls them."""
    rows = PRICES.of([accepted(SNAPSHOTS, body, session)], session).to_pylist()
    return {row["identifier"]: row for row in rows}


def rejects(body: bytes) -> list[tuple[int, str]]:
    found = READING.rejects(accepted(SNAPSHOTS, body, SESSION), SESSION)
    return list(zip(found["line"].to_pylist(), found["reason"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def published(samples: Path) -> bytes:
    return (samples / "nse/latest-stock-price_2024-04-26.json").read_bytes()


@pytest.fixture(scope="module")
def nse() -> Exchange:
    return Exchange(clock=lambda: EVENING)


def test_the_real_document_gives_its_known_facts(published: bytes) -> None:
    found = facts(published)
    assert (len(found), rejects(published)) == (828, [])
    assert Counter(row["series"] for row in found.values()) == {"EQ": 749, "BE": 17, None: 62}
    assert all(row["is_index"] == (row["series"] is None) for row in found.values())
    assert sum(row["is_stale"] for row in found.values()) == 11
    none = [
        sum(row[f"percent_change_{days}_days"] is None for row in found.values())
        for days in (30, 365)
    ]
    assert none == [15, 78]
    old, new = found["HSCLEQN"], found["HSCLBEN"]
    assert (old["symbol"], old["series"], old["isin"], old["is_stale"]) == (
        "HSCL",
        "EQ",
        None,
        True,
    )
    assert (new["symbol"], new["series"], new["isin"]) == ("HSCL", "BE", "INE019C01026")
    index = found["NIFTY 50"]
    assert (index["last"], index["shares"]) == (22419.95, 329_887_340)
    assert str(index["turnover_inr"]) == "369847375228.84"
    assert index["observed_at"] == datetime(2024, 4, 26, 10, 30, tzinfo=UTC)


def test_what_the_frozen_form_tells_is_what_was_traded(nse: Exchange) -> None:
    found = facts(frozen_json(nse.instruments, nse.seed, EVENING))
    traded = [row for row in nse.rows(SESSION) if row.isin.startswith("INE")]
    shares = [row for row in traded if row.series in ("EQ", "BE")]
    assert shares
    for row in shares:
        one = found[f"{row.symbol}{row.series}N"]
        assert (one["symbol"], one["series"], one["is_stale"]) == (row.symbol, row.series, False)
        prices = tuple(one[name] for name in ("open", "high", "low", "last", "previous_close"))
        happened = (row.open, row.high, row.low, row.close, row.previous)
        assert prices == tuple(paise / 100 for paise in happened)
        assert (one["shares"], int(one["turnover_inr"] * 100)) == (row.shares, row.turnover)
    rest = set(found) - {f"{row.symbol}{row.series}N" for row in shares}
    assert rest == {name for name, row in found.items() if row["is_index"] or row["is_stale"]}


def test_what_the_newer_form_tells_is_what_was_traded(nse: Exchange) -> None:
    found = facts(newer_json(nse.instruments, nse.seed, EVENING))
    by_symbol = {row["symbol"]: row for row in found.values() if not row["is_stale"]}
    for row in nse.rows(SESSION):
        if row.series in ("EQ", "BE") and row.isin.startswith("INE"):
            one = by_symbol[row.symbol]
            assert (one["identifier"], one["series"]) == (f"{row.symbol}.NS", None)
            assert (one["last"], one["shares"]) == (row.close / 100, row.shares)
            assert not one["is_index"]


@pytest.mark.parametrize("frozen", [404, 200])
def test_the_newer_form_is_asked_for_where_the_frozen_one_is_none(
    nse: Exchange, frozen: int
) -> None:
    """It is gone, or of another day."""
    newer = newer_json(nse.instruments, nse.seed, EVENING)
    before = frozen_json(nse.instruments, nse.seed, EVENING - timedelta(days=1))
    key = {"rapidapi_key": SecretStr("k3y")}
    with small_publisher.serving() as vendor, vendor.source(secrets=key)[0] as source:
        vendor.pages = {"/any": [reply(frozen, before)], "/equities": [reply(200, newer)]}
        counts, refused = judge(SNAPSHOTS, f"{SESSION}", source, EVENING)
        vendor.pages = {"/any": [reply(200, newer)]}
        [alone] = judge(SNAPSHOTS, f"{SESSION}", source, EVENING)
    assert (counts.state, refused.state, alone.state) == ("accepted", "missing", "accepted")
    assert vendor.paths == ["/any", "/equities", "/any"]


def test_of_a_series_that_a_share_has_left_the_old_price_is_no_news(nse: Exchange) -> None:
    moved = next(
        start
        for one in nse.instruments
        for start, series in zip(one.series.starts, one.series.values, strict=True)
        if one.form == "share" and series == "BE" and start > date(2015, 1, 1)
    )
    moment = datetime.combine(moved, EVENING.timetz())
    found = facts(frozen_json(nse.instruments, nse.seed, moment), moved)
    both = Counter(row["symbol"] for row in found.values() if not row["is_index"])
    twice = [row for row in found.values() if both[row["symbol"]] == 2]
    assert sorted((row["series"], row["is_stale"]) for row in twice) == [
        ("BE", False),
        ("EQ", True),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lastPrice": "-"}, "unreadable last: -"),
        ({"lastPrice": 0}, "unreadable last: 0"),
        ({"lastUpdateTime": "31-Apr-2024 16:00:00"}, "unreadable updated at: 31-Apr-2024 16:00:00"),
        ({"identifier": "BETAEQN"}, "not the symbol with its series: BETAEQN"),
        ({"dayHigh": "high"}, "unreadable high: high"),
        ({"totalTradedVolume": 1.5}, "unreadable shares: 1.5"),
    ],
)
def test_a_price_that_cannot_be_read_is_kept_with_its_reason(
    published: bytes, change: dict[str, Any], reason: str
) -> None:
    listed = json.loads(published)
    listed[1] |= change
    assert rejects(json.dumps(listed).encode()) == [(2, reason)]


def test_what_is_no_entry_stands_whole(published: bytes) -> None:
    listed = json.loads(published)
    listed[3] = {"message": "no price"}
    body = json.dumps(listed).encode()
    rows = accepted(SNAPSHOTS, body, SESSION)
    assert rows["text"].to_pylist()[3] == '{"message": "no price"}'
    assert rejects(body) == [(4, "the line does not split into its cells")]


def test_the_same_identifier_twice_counts_once(published: bytes) -> None:
    listed = json.loads(published)
    assert rejects(json.dumps([*listed, listed[5]]).encode()) == [
        (829, "a line before has the same identifier")
    ]


@pytest.mark.parametrize(
    ("body", "state", "words"),
    [
        (b"[]", "missing", "has no price"),
        (b"{}", "refused", "expected a list"),
        (b"<html>too many</html>", "blocked", "expected JSON"),
        (b'[{"symbol": "A"}]', "refused", "no time of a price"),
    ],
)
def test_what_holds_no_prices_is_no_document(body: bytes, state: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(SNAPSHOTS, body, SESSION)
    assert (caught.value.state, words in caught.value.reason) == (state, True)


def test_prices_of_other_sessions_alone_are_not_the_documents(published: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(SNAPSHOTS, published, date(2024, 4, 29))
    assert caught.value.state == "missing"
    assert "none of 2024-04-29" in caught.value.reason


def test_the_key_is_in_a_header_and_in_no_reason() -> None:
    from requests import Request

    access = PUBLISHERS["rapidapi"].access
    assert access is not None
    credential = Credential(access, SecretStr("k3y"))
    asked = credential(Request("GET", "https://x/any").prepare())
    assert (asked.headers["X-RapidAPI-Key"], asked.url) == ("k3y", "https://x/any")
    assert credential.hide("refused k3y") == "refused <token>"


def test_numbers_stay_as_they_are_written(published: bytes) -> None:
    rows = accepted(SNAPSHOTS, published, SESSION)
    assert isinstance(rows, pa.Table)
    first = rows.to_pylist()[0]
    assert (first["price_change"], first["low"]) == ("-150.39999999999782", "22385.55")
