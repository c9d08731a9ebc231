"""A lake of a market with its news and its truth, written without an engine, to be seen on pages.

Shares of NSE over some weeks, of which one is split and one is in no list of industries; news about
one of them; documents of TAIFEX of which one was refused, and figures of which one is unexplained.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.deliveries import record as log_answers
from indextracker.building.staleness import record as log_builds
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker.system.documents import Document
from indextracker_catalogue import Table
from indextracker_catalogue import india as i
from indextracker_catalogue import news as n
from indextracker_catalogue import taiwan as t
from support.good_rows import Row, rows

LAST = date(2024, 12, 19)
NOW = datetime(2024, 12, 19, 15, tzinfo=UTC)
DAYS = [date.fromisoformat(key) for key in calendar(i.EQUITIES_DAILY.timeline).last(str(LAST), 24)]
INDUSTRIES = {"Banks": 8, "Software": 6, "Chemicals": 5, "Power": 3}
SPLIT, SPLIT_ON, UNLISTED, FUND = "SOFTWARE2", DAYS[12], "UNLISTED", "GOLDFUND"
SYMBOLS = [
    *(f"{name.upper()}{number}" for name, count in INDUSTRIES.items() for number in range(count)),
    UNLISTED,
    FUND,
]
# In the night before the last session, and on its day.
EVENING, MORNING = (datetime(2024, 12, day, hour, tzinfo=UTC) for day, hour in ((18, 15), (19, 5)))
NEWS_OF = "BANKS1"
HARMFUL = "javascript:alert(1)"
FEED = "taifex_futures"
TRADES = Document.of("Daily_2024_12_19.zip", b"all trades of the session")


def fill(lake: Lake) -> None:
    """Writes all tables of it."""
    fill_shares(lake)
    fill_news(lake)
    fill_truth(lake)


def fill_shares(lake: Lake) -> None:
    """Shares with their returns, breadth, and worth."""
    figures = [*_shares()]
    for table in (i.EQUITIES_DAILY, i.EQUITY_RETURNS, i.EQUITIES_ADJUSTED):
        _put(lake, table, figures)
    _put(lake, i.MARKET_CAPS, [row for row in figures if row["session_date"] == LAST])
    _put(lake, i.EQUITY_BREADTH, [_breadth(day, figures) for day in DAYS])
    _put(lake, i.INDEX_CLOSES, [{"session_date": LAST, "percent_change": -0.37}])
    lake.replace(i.INSTRUMENTS, rows(i.INSTRUMENTS, *map(_spell, SYMBOLS)))


def price(place: int, day: int) -> float:
    """The close of the share at a place of `SYMBOLS` on a day of `DAYS`, without the split."""
    swing = math.sin(place * 1.7 + day * 0.9) * 0.02 + math.cos(place + day * 0.31) * 0.015
    return round((100 + 37 * place) * (1 + swing), 2)


def _shares() -> Iterator[Row]:
    for place, symbol in enumerate(SYMBOLS):
        for number, day in enumerate(DAYS):
            is_split = symbol == SPLIT and day == SPLIT_ON
            close = price(place, number) * (5 if symbol == SPLIT and day < SPLIT_ON else 1)
            last = price(place, number - 1) if number else None
            shares = 10_000 * (1 + place * place) + 100 * number
            yield {
                "session_date": day,
                "symbol": symbol,
                "instrument_id": f"INE{place:06}",
                "isin": f"{'INF' if symbol == FUND else 'INE'}{place:09}",
                "previous_close": last,
                "open": close * 0.995,
                "high": close * 1.01,
                "low": close * 0.985,
                "close": close,
                "last": close,
                "vwap": close,
                "shares": shares,
                "turnover_inr": Decimal(f"{shares * close:.2f}"),
                "deliverable_shares": None
                if symbol == UNLISTED
                else shares * (3 + place % 5) // 10,
                "market_cap_inr": Decimal(f"{shares * close * 900:.2f}"),
                "return_1": None if last is None else price(place, number) / last - 1,
                "factor": 0.2 if is_split else 1.0,
                "actions": "split" if is_split else None,
                "reason": "FV SPLIT RS 10 TO RS 2" if is_split else None,
            }


def _breadth(day: date, figures: list[Row]) -> Row:
    moves = [r["return_1"] for r in figures if r["session_date"] == day and r["symbol"] != FUND]
    told = [move for move in moves if isinstance(move, float)]
    return {
        "session_date": day,
        "securities": len(moves),
        "advances": sum(move > 0 for move in told),
        "declines": sum(move < 0 for move in told),
        "unchanged": sum(move == 0 for move in told),
        "not_compared": len(moves) - len(told),
        "new_highs": 3,
        "new_lows": 2,
    }


def _spell(symbol: str) -> Row:
    industry = symbol.rstrip("0123456789").title()
    return {
        "instrument_id": f"INE{SYMBOLS.index(symbol):06}",
        "symbol": symbol,
        "is_own_series": True,
        "name": f"{symbol.title()} Limited",
        "industry": industry if industry in INDUSTRIES else None,
        "valid_from": DAYS[0],
        "valid_to": LAST,
    }


def fill_news(lake: Lake) -> None:
    """Articles of an evening and a morning; a headline and an announcement that nobody scored."""
    told = [
        (EVENING, "a", "Banks lend more", "https://news.example/a", 0.42, ("Economy", "Finance")),
        (MORNING, "b", "A bank is fined <b>again</b>", HARMFUL, -0.31, ("Finance",)),
        (MORNING, "c", "Rain in the north", "https://news.example/c", 0.0, ("Weather",)),
    ]
    articles: list[Row] = []
    topics: list[Row] = []
    for at, name, title, url, score, of in told:
        hour = {"hour": at, "article_id": name}
        label = "Bullish" if score > 0 else "Bearish" if score < 0 else "Neutral"
        article = {"published_at": at + timedelta(minutes=7), "title": title, "url": url}
        scored = {"sentiment_score": score, "sentiment_label": label, "source": "The Example"}
        articles.append(hour | article | scored)
        topics += [hour | {"topic": one, "relevance_score": 0.5} for one in of]
    tickers = [
        {"hour": at, "article_id": name, "ticker": "BNK", "symbol": NEWS_OF}
        | {"relevance_score": weight, "sentiment_score": score, "sentiment_label": label}
        for at, name, weight, score, label in (
            (EVENING, "a", 0.9, 0.5, "Bullish"),
            (MORNING, "b", 0.3, -0.1, "Neutral"),
        )
    ]
    hours = [n.NEWS_ARTICLES.timeline.key_of(at) for at in (EVENING, MORNING)]
    for table, changes in (
        (n.NEWS_ARTICLES, articles),
        (n.NEWS_TICKERS, tickers),
        (n.NEWS_TOPICS, topics),
    ):
        lake.replace(table, rows(table, *changes), hours)
    stories = [article | {"place": "articles"} for article in articles[:2]]
    stories += [
        {"article_id": name, "place": place, "title": title, "published_at": MORNING, "url": url}
        for name, place, title, url in (
            ("h", "headlines", "Bank opens a branch", "https://news.example/h"),
            ("n", "announcements", "Banks1 Limited: allotment of shares", None),
        )
    ]
    named = [
        {"story_id": one["article_id"], "telling_id": one["article_id"], "symbol": NEWS_OF} | one
        for one in stories
    ]
    lake.replace(n.NEWS_STORIES, rows(n.NEWS_STORIES, *named))
    lake.replace(
        n.NEWS_SENTIMENT_DAILY,
        rows(
            n.NEWS_SENTIMENT_DAILY,
            {"session_date": LAST, "symbol": NEWS_OF, "stories": 4, "scored_stories": 2}
            | {"sentiment": 0.35},
            {"session_date": DAYS[-4], "symbol": NEWS_OF, "stories": 1, "scored_stories": 0}
            | {"sentiment": None},
        ),
    )


def fill_truth(lake: Lake) -> None:
    """Answers of publishers, a line that cannot be read, and figures beside the exchange's own."""
    lake.landing.put(TRADES)
    answered = NOW - timedelta(hours=4)
    url = "https://www.taifex.com.tw/file/Daily_2024_12_19.zip"
    about = {"url": url, "name": TRADES.name, "sha256": TRADES.sha256, "bytes": TRADES.size}
    early = answered - timedelta(hours=9)
    log_answers(
        lake,
        [
            Delivery(FEED, str(LAST), "partial", early, "only the night is in it"),
            Delivery(FEED, str(LAST), "accepted", answered, **about),
            Delivery(FEED, "2024-12-18", "refused", answered, "the zip is <b>cut off</b>"),
            Delivery("taifex_options", "2024-11-08", "missing", answered, "it is not listed"),
        ],
    )
    day = {"session_date": LAST}
    _put(lake, t.REJECTS, [day | {"line": 7, "reason": "price 'x' is no number"}])
    contracts = [
        ("TX", "202412", None, 104, 104, "equal"),
        ("TX", "202501", None, 130, 100, "block trades"),
        ("MTX", "202412", None, 90, 91, "unexplained"),
        ("TXO", "202412", Decimal("23000.0000"), 12, 12, "equal"),
    ]
    _put(
        lake,
        t.RECONCILIATION,
        [
            day
            | {"product": product, "expiry": expiry, "strike": strike, "class": outcome}
            | {"option_type": "C" if strike else None}
            | {"instrument": "Options" if strike else "Futures"}
            | {"official_contracts": theirs, "computed_contracts": ours}
            | {"contracts_difference": theirs - ours}
            for product, expiry, strike, theirs, ours, outcome in contracts
        ],
    )
    made_of = f"{FEED}={TRADES.sha256},taifex_daily_futures-5=0123456789abcdef"
    paths = ("gold/reconciliation", "silver/rejects")
    log_builds(lake, {path: {str(LAST): made_of} for path in paths})


def _put(lake: Lake, table: Table, changes: list[Row]) -> None:
    keys = sorted({str(change["session_date"]) for change in changes})
    lake.replace(table, rows(table, *changes), keys)
