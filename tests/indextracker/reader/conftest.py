"""A small lake that every kind of answer can be read from, written without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.good_rows import Row, rows

from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.deliveries import record as log_answers
from indextracker.building.staleness import record as log_builds
from indextracker.lake import Lake
from indextracker.reader import Lakehouse
from indextracker_catalogue import Table
from indextracker_catalogue import india as i
from indextracker_catalogue import news as n
from indextracker_catalogue import taiwan as t

TUESDAY, WEDNESDAY, THURSDAY = (date(2024, 12, day) for day in (17, 18, 19))
DAYS = (TUESDAY, WEDNESDAY, THURSDAY)
# A document was refused; nothing was asked for.
FRIDAY, MONDAY = date(2024, 12, 20), date(2024, 12, 23)
NOW = datetime(2024, 12, 23, 12, tzinfo=UTC)
# The contract of December ends on the Wednesday.
CODES = {
    TUESDAY: {"202412": ("M", "W"), "202501": ("M+1",)},
    WEDNESDAY: {"202412": ("M", "W"), "202501": ("M+1",)},
    THURSDAY: {"202501": ("M",), "202502": ("M+1",)},
}
PRICES = {"202412": 23_000.0, "202501": 23_100.0, "202502": 23_200.0}
# When parts begin, as hours from midnight in UTC of the session's day.
PARTS = {"night": -15, "day": 1}
STRIKES = (Decimal("22900.0000"), Decimal("23000.0000"))
HOUR = datetime(2024, 12, 17, 9, tzinfo=UTC)


def at(day: date, part: str, minute: int) -> datetime:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=PARTS[part])
    return begin + timedelta(minutes=minute)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reader") / "lake"
    fill(Lake(str(place), "simulated"))
    return place


@pytest.fixture(scope="session")
def lakehouse(folder: Path) -> Lakehouse:
    return Lakehouse(folder, clock=lambda: NOW)


def fill(lake: Lake) -> None:
    """Writes all tables of it."""
    lake.replace(
        t.PRODUCTS,
        rows(
            t.PRODUCTS,
            *({"product": name, "instrument": "Futures"} for name in ("TX", "MTX", "TE")),
            {"product": "TXO", "instrument": "Options"},
        ),
    )
    lake.replace(t.INDICES, rows(t.INDICES, {}))
    lake.replace(t.ETFS, rows(t.ETFS, {}))
    put(lake, t.CONTRACTS, [*contracts("TX", "Futures"), *contracts("TXO", "Options")])
    put(lake, t.FUTURES_BARS, [*bars()])
    put(lake, t.FUTURES_SESSIONS, [{"session_date": day, "session_part": "whole"} for day in DAYS])
    put(lake, t.FUTURES_TRADES, [*trades()])
    put(
        lake,
        t.SPREAD_BARS,
        [
            {"session_date": TUESDAY, "bar_start": at(TUESDAY, "day", 0)},
            {
                "session_date": THURSDAY,
                "bar_start": at(THURSDAY, "day", 0),
                "near_expiry": "202501",
                "far_expiry": "202502",
            },
        ],
    )
    put(
        lake,
        t.INDEX_BARS,
        [{"session_date": day, "bar_start": at(day, "day", 0)} for day in DAYS],
    )
    put(
        lake,
        t.OPTION_SESSIONS,
        [
            {"session_date": TUESDAY, "strike": strike, "option_type": one, "session_part": "whole"}
            for strike in STRIKES
            for one in "CP"
        ],
    )
    put(
        lake,
        t.DAILY_REPORT,
        # One series with open interest was not traded.
        [
            {"session_date": TUESDAY, "strike": strike, "settlement_price": 5.5}
            for strike in (*STRIKES, Decimal("24000.0000"))
        ],
    )
    fill_others(lake)
    log_answers(
        lake, [Delivery("taifex_futures", str(FRIDAY), "refused", NOW, "the zip is cut off")]
    )
    made_of = {
        "taifex_futures": ("gold/futures_bars", "silver/futures_trades", "gold/futures_sessions"),
        "taifex_options": ("gold/option_sessions",),
        "twse_index": ("gold/index_bars",),
    }
    for feed, paths in made_of.items():
        log_builds(lake, {path: {str(day): f"{feed}=0" for day in DAYS} for path in paths})


def fill_others(lake: Lake) -> None:
    """Shares that were renamed and split, and articles of an hour."""
    shares = [(TUESDAY, "OLD", 100.0), (WEDNESDAY, "OLD", 102.0), (THURSDAY, "NEW", 52.0)]
    figures = ("previous_close", "open", "high", "low", "close", "last", "vwap")
    put(
        lake,
        i.EQUITIES_DAILY,
        [
            {"session_date": day, "symbol": symbol, **dict.fromkeys(figures, price)}
            for day, symbol, price in shares
        ]
        + [{"session_date": TUESDAY, "symbol": "OTHER", "close": 7.0}],
    )
    put(
        lake,
        i.EQUITIES_ADJUSTED,
        [
            {"session_date": day, "symbol": symbol, "instrument_id": "INE1", "factor": factor}
            for (day, symbol, _), factor in zip(shares, (1.0, 1.0, 0.5), strict=True)
        ]
        # The factor of a session stands in each series of the instrument.
        + [
            {
                "session_date": THURSDAY,
                "symbol": "NEW",
                "series": "BL",
                "instrument_id": "INE1",
                "factor": 0.5,
            }
        ],
    )
    spell: Row = {"instrument_id": "INE1", "valid_from": TUESDAY, "valid_to": WEDNESDAY}
    lake.replace(
        i.INSTRUMENTS,
        rows(
            i.INSTRUMENTS,
            spell | {"symbol": "OLD"},
            spell | {"symbol": "NEW", "valid_from": THURSDAY, "valid_to": THURSDAY},
            spell | {"symbol": "OTHER", "instrument_id": "INE2"},
        ),
    )
    article: Row = {"hour": HOUR, "article_id": "a", "published_at": HOUR + timedelta(minutes=5)}
    other = article | {"article_id": "b", "published_at": HOUR + timedelta(minutes=9)}
    hour = [n.NEWS_ARTICLES.timeline.key_of(HOUR)]
    lake.replace(n.NEWS_ARTICLES, rows(n.NEWS_ARTICLES, article, other), hour)
    lake.replace(
        n.NEWS_TICKERS,
        rows(n.NEWS_TICKERS, {"hour": HOUR, "article_id": "a", "symbol": "HDFCBANK"}),
        hour,
    )
    lake.replace(
        n.NEWS_TOPICS,
        rows(
            n.NEWS_TOPICS,
            *({"hour": HOUR, "article_id": of, "topic": "Finance"} for of in "ab"),
        ),
        hour,
    )


def put(lake: Lake, table: Table, changes: list[Row]) -> None:
    keys = sorted({str(change["session_date"]) for change in changes})
    lake.replace(table, rows(table, *changes), keys)


def contracts(product: str, instrument: str) -> Iterator[Row]:
    for day, expiries in CODES.items():
        for expiry, codes in expiries.items():
            for code in codes:
                yield {
                    "session_date": day,
                    "product": product,
                    "expiry": expiry,
                    "expire_code": code,
                    "instrument": instrument,
                }


def bars() -> Iterator[Row]:
    """Two bars of a minute in each part, and one of an hour."""
    for day, expiries in CODES.items():
        for expiry in expiries:
            for part in PARTS:
                row: Row = {"session_date": day, "expiry": expiry, "session_part": part}
                for scale, minute in ((1, 0), (1, 1), (60, 0)):
                    price = PRICES[expiry] + minute
                    yield row | {
                        "scale_minutes": scale,
                        "bar_start": at(day, part, minute),
                        **dict.fromkeys(("open", "high", "low", "close"), price),
                    }


def trades() -> Iterator[Row]:
    for day, expiries in CODES.items():
        for line, expiry in enumerate(expiries, start=2):
            yield {
                "session_date": day,
                "line": line,
                "expiry": expiry,
                "price": PRICES[expiry],
                "traded_at": at(day, "day", 0),
            }
