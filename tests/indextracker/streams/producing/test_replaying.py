"""Sessions replayed: which prints, in which order, and when."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.good_rows import SESSION, Row, put, rows

from indextracker.lake import Lake
from indextracker.streams.producing import replaying
from indextracker.streams.producing.replaying import NothingToReplayError, Wish, replay
from indextracker_catalogue import SUBJECTS, Subject, Table
from indextracker_catalogue import india as i
from indextracker_catalogue import taiwan as t

TAIWAN, INDIA = SUBJECTS["taiwan"], SUBJECTS["india"]
KEY = SESSION.isoformat()
Found = list[dict[str, object]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def at(clock: str, day: int = SESSION.day) -> datetime:
    """An instant of Taipei's clock."""
    hours, minutes, seconds = map(int, clock.split(":"))
    local = datetime(2024, 12, day, hours, minutes, seconds, tzinfo=UTC)
    return local - timedelta(hours=8)


def events(lake: Lake, wish: Wish | None = None, subject: Subject = TAIWAN) -> Found:
    found = []
    for batch in replay(lake, subject, SESSION, wish or Wish()):
        for symbol, line in batch:
            event = json.loads(line)
            assert event["symbol"] == symbol
            found.append(event)
    return found


def put_futures(lake: Lake, *trades: Row) -> None:
    numbered = [{"line": n} | trade for n, trade in enumerate(trades, 2)]
    put(lake, t.FUTURES_TRADES, rows(t.FUTURES_TRADES, *numbered))


def put_minutes(lake: Lake, minutes: int = 10, a_minute: int = 30) -> None:
    """Trades at even distances, each with a price of its own."""
    put_futures(
        lake,
        *(
            {
                "traded_at": at("09:00:00") + timedelta(seconds=n * 60 // a_minute),
                "price": 20_000.0 + n,
            }
            for n in range(minutes * a_minute)
        ),
    )


def test_a_trade_of_futures_is_an_event_with_its_contract_and_line(lake: Lake) -> None:
    put_futures(lake, {"traded_at": at("09:00:01"), "price": 23_000.5, "contracts": 3})
    assert events(lake) == [
        {
            "symbol": "TX 202412",
            "price": 23000.5,
            "time": "2024-12-16T01:00:01Z",
            "line": 2,
            "size": 3,
            "exchange": "TAIFEX",
            "quote_type": "FUTURE",
            "source": "replay",
        }
    ]


def test_prints_of_all_kinds_come_in_the_order_of_time_then_line(lake: Lake) -> None:
    put_futures(
        lake,
        {"traded_at": at("09:00:02")},
        {"traded_at": at("15:00:00", 13), "session_part": "night"},
    )
    option = {"traded_at": at("09:00:02"), "strike": Decimal("23050.5"), "line": 1}
    put(lake, t.OPTION_TRADES, rows(t.OPTION_TRADES, option))
    etf = {"traded_at": at("09:00:02") + timedelta(milliseconds=7)}
    put(lake, t.ETF_TRADES, rows(t.ETF_TRADES, etf, {"line": 3, "traded_at": at("14:30:00")}))
    levels = [
        {"observed_at": at("09:00:00"), "is_previous_close": True},
        {"observed_at": at("09:00:05"), "is_previous_close": False, "line": 9},
    ]
    put(lake, t.INDEX_LEVELS, rows(t.INDEX_LEVELS, *levels))
    found = [(event["symbol"], event["time"], event.get("size")) for event in events(lake)]
    assert found == [
        ("TX 202412", "2024-12-13T07:00:00Z", 4),
        ("TXO 202412 23050.5 C", "2024-12-16T01:00:02Z", 2),
        ("TX 202412", "2024-12-16T01:00:02Z", 4),
        ("006204", "2024-12-16T01:00:02.007Z", 1000),
        # Neither the close before, nor a trade at the fixed price of after the close.
        ("TAIEX", "2024-12-16T01:00:05Z", None),
    ]


@pytest.mark.parametrize(
    ("last_day", "part", "clock", "is_close"),
    [
        (None, "day", "13:45:00", True),
        (None, "day", "13:30:00", False),
        (SESSION, "day", "13:30:00", True),
        (SESSION, "day", "13:45:00", False),
        (None, "night", "05:00:00", True),
        (None, "day", "13:44:59", False),
        ("unlisted", "day", "13:45:00", False),
    ],
)
def test_a_print_at_the_close_of_its_contract_says_so(
    lake: Lake, last_day: object, part: str, clock: str, *, is_close: bool
) -> None:
    put_futures(lake, {"traded_at": at(clock), "session_part": part})
    if last_day != "unlisted":
        contracts = rows(
            t.CONTRACTS,
            {"last_trading_date": last_day, "instrument": "Futures", "expire_code": "M"},
            {"last_trading_date": last_day, "instrument": "Futures", "expire_code": "W"},
        )
        lake.replace(t.CONTRACTS, contracts, [KEY], instrument="Futures")
    tomorrow = {"valid_from": SESSION + timedelta(days=1), "day_close": "16:15:00"}
    put(lake, t.PRODUCTS, rows(t.PRODUCTS, tomorrow))
    [event] = events(lake)
    assert event.get("closes_at") == (event["time"] if is_close else None)


def test_the_close_of_a_product_is_that_of_its_terms(lake: Lake) -> None:
    put_futures(lake, {"traded_at": at("16:15:00")})
    lake.replace(
        t.CONTRACTS, rows(t.CONTRACTS, {"instrument": "Futures"}), [KEY], instrument="Futures"
    )
    terms = {"day_close": "16:15:00", "last_day_close": "13:30:00"}
    put(lake, t.PRODUCTS, rows(t.PRODUCTS, terms))
    assert events(lake)[0]["closes_at"] == "2024-12-16T08:15:00Z"


def test_a_print_within_the_second_of_the_close_is_one_at_the_close(lake: Lake) -> None:
    last = at("13:30:00") + timedelta(milliseconds=250)
    put(lake, t.ETF_TRADES, rows(t.ETF_TRADES, {"traded_at": last}))
    [event] = events(lake)
    assert event["closes_at"] == event["time"] == "2024-12-16T05:30:00.25Z"


def test_shuffled_events_are_the_same_and_stay_in_their_minute(lake: Lake) -> None:
    put_minutes(lake)
    straight, shuffled = events(lake), events(lake, Wish(shuffle_seconds=60))
    assert straight != shuffled
    assert sorted(straight, key=lambda event: str(event["line"])) == sorted(
        shuffled, key=lambda event: str(event["line"])
    )
    minutes = [str(event["time"])[:16] for event in shuffled]
    assert minutes == sorted(minutes)


def test_a_share_of_the_events_comes_again_a_second_later(lake: Lake) -> None:
    put_minutes(lake, minutes=3, a_minute=120)
    found = events(lake, Wish(duplicates=0.2))
    times = Counter(event["line"] for event in found)
    assert len(times) == 360
    assert set(times.values()) == {1, 2}
    assert 36 <= len(found) - 360 <= 108
    seen = set()
    due = []
    for event in found:
        moment = datetime.fromisoformat(str(event["time"]))
        due.append(moment + timedelta(seconds=event["line"] in seen))
        seen.add(event["line"])
    assert due == sorted(due)


def test_only_the_symbols_that_are_asked_for_come(lake: Lake) -> None:
    put_futures(lake, *({"product": product, "traded_at": at("09:00:00")} for product in "ABC"))
    found = events(lake, Wish(symbols=["C 202412", "A 202412"]))
    assert [event["symbol"] for event in found] == ["A 202412", "C 202412"]
    with pytest.raises(NothingToReplayError, match="no prints of 2024-12-16 of TX"):
        events(lake, Wish(symbols=["TX"]))


@pytest.mark.parametrize("shuffle_seconds", [0, 60])
def test_an_event_is_given_when_it_is_due(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, shuffle_seconds: int
) -> None:
    put_minutes(lake)
    now = 1000.0

    def sleep(seconds: float) -> None:
        nonlocal now
        assert 0 <= seconds <= 0.1
        now += max(seconds, 1e-6)

    monkeypatch.setattr(replaying.time, "sleep", sleep)
    wish = Wish(speed=60, shuffle_seconds=shuffle_seconds)
    count = 0
    for batch in replay(lake, TAIWAN, SESSION, wish, lambda: now):
        for _, line in batch:
            moment = datetime.fromisoformat(json.loads(line)["time"]).timestamp()
            if shuffle_seconds:
                moment = moment // shuffle_seconds * shuffle_seconds
            due = 1000 + (moment - at("09:00:00").timestamp()) / 60
            assert due - 1e-4 <= now <= due + 0.01
            count += 1
    assert count == 300


def test_no_replay_waits_while_the_market_is_closed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = [at("04:59:00", 14), at("08:45:00"), at("08:45:30"), at("08:55:00")]
    put_futures(lake, *({"traded_at": clock} for clock in clocks))
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += max(seconds, 1e-6)

    monkeypatch.setattr(replaying.time, "sleep", sleep)
    given = []
    for batch in replay(lake, TAIWAN, SESSION, Wish(speed=10), lambda: now):
        given += [now] * len(batch)
    assert given == pytest.approx([0, 0, 3, 60], abs=0.1)


def test_prices_of_an_evening_are_quotes_with_the_volume_of_the_day(lake: Lake) -> None:
    told = datetime(2024, 12, 16, 10, tzinfo=UTC)
    snapshots = [
        {"symbol": "INFY", "series": "EQ", "observed_at": told, "shares": 7, "last": 1950.05},
        {"symbol": "ABC", "series": "BE", "observed_at": told, "identifier": "ABCBEN"},
        {"symbol": "OLD", "is_stale": True, "observed_at": told, "identifier": "OLDEQN"},
    ]
    put(lake, i.EQUITY_SNAPSHOTS, rows(i.EQUITY_SNAPSHOTS, *snapshots))
    other, infy = sorted(events(lake, subject=INDIA), key=lambda event: str(event["symbol"]))
    assert other["symbol"] == "ABC BE"
    assert infy == {
        "symbol": "INFY",
        "price": 1950.05,
        "time": "2024-12-16T10:00:00Z",
        "day_volume": 7,
        "currency": "INR",
        "exchange": "NSE",
        "quote_type": "EQUITY",
        "day_high": 3.0,
        "day_low": 1.0,
        "source": "replay",
    }


def test_a_session_without_prints_and_a_subject_without_any_are_told(lake: Lake) -> None:
    with pytest.raises(NothingToReplayError, match="no prints of 2024-12-16 that can be replayed"):
        events(lake)
    with pytest.raises(NothingToReplayError, match="news has no prints"):
        events(lake, subject=SUBJECTS["news"])


def put_many(lake: Lake, table: Table, number: int) -> None:
    """So many trades of one contract within four hours, in no order of time."""
    [one] = rows(table, {}).to_batches()
    places = np.arange(number) * 7919 % number
    moments = np.datetime64("2024-12-16T01:00:00", "us") + places * 4 * 3600 * 1_000_000 // number
    many = {
        "line": pa.array(places + 2),
        "traded_at": pa.array(moments),
        "price": pa.array(places * 0.5),
        "strike": pa.array(places % 200 * 50).cast(pa.decimal128(19, 0)),
    }
    columns = [
        many[name].cast(column.type) if name in many else pa.repeat(column[0], number)
        for name, column in zip(one.schema.names, one.columns, strict=True)
    ]
    lake.replace(table, pa.table(columns, one.schema), [KEY])


@pytest.mark.slow
def test_a_session_of_real_size_is_replayed_in_bounded_memory(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_SORT_MEMORY", "64MB")
    number = 1_000_000
    for table in (t.FUTURES_TRADES, t.OPTION_TRADES):
        put_many(lake, table, number)
    wish = Wish(shuffle_seconds=60, duplicates=0.01)
    assert sum(len(batch) for batch in replay(lake, TAIWAN, SESSION, wish)) > 2 * number
