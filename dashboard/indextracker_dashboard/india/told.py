"""What the market day asks of the news: of one company over time, and of all in one session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from indextracker import Frame, Lakehouse
from indextracker.reader import UnknownNameError
from indextracker_dashboard.india.asked import DAILY, there

EXCHANGE, OF_NSE = "XNSE", "NSE:"
SPANS = {"1m": 22, "3m": 64, "6m": 128, "1y": 252}
# How far back stories of one company are listed.
LISTED_DAYS = 31


@dataclass(frozen=True)
class Share:
    """One share over time.

    Attributes:
        prices: Rows of `Lakehouse.equities` in the series that is its own, by session.
        actions: session_date, actions, reason and factor of the sessions in which one takes effect.
        sentiment: session_date, stories, scored_stories and sentiment of the news by session.
    """

    prices: Frame
    actions: Frame
    sentiment: Frame

    @property
    def nbytes(self) -> int:
        """How much memory it holds."""
        return sum(int(one.rows.nbytes) for one in (self.prices, self.actions, self.sentiment))


def share(lakehouse: Lakehouse, symbol: str, last: date, count: int, adjusted: bool) -> Share:
    """A share up to a session.

    Args:
        lakehouse: The reader.
        symbol: Its symbol, of that day or an earlier one.
        last: The last session, as of which prices are adjusted.
        count: How many sessions.
        adjusted: Whether prices are adjusted for corporate actions.

    Raises:
        UnknownNameError: No share ever had the symbol.
        LookupError: It was not traded in these sessions.
    """
    found = lakehouse.equities(
        symbol, last=last, sessions=count, adjusted=last if adjusted else None
    )
    spells = there(lakehouse, "silver/instruments").filter("is_own_series")
    own = found.polars()
    if spells.height:
        of = ["symbol", "series"]
        own = own.join(spells.select(*of).unique(), on=of, how="semi")
    prices = own.sort("session_date", "shares").unique(
        "session_date", keep="last", maintain_order=True
    )
    if not prices.height:
        raise LookupError(f"{symbol} was not traded in the {count} sessions up to {last}")
    names = prices["symbol"].unique().to_list()
    actions = (
        there(lakehouse, "gold/equities_adjusted", last, count, where={"symbol": names})
        .filter(pl.col("actions").is_not_null())
        .unique("session_date")
        .sort("session_date")
        .select("session_date", "actions", "reason", "factor")
    )
    sentiment = (
        there(lakehouse, "gold/news_sentiment_daily", where={"symbol": names})
        .filter(pl.col("session_date").is_between(prices["session_date"].min(), last))
        .group_by("session_date")
        .agg(pl.col("stories", "scored_stories").sum(), pl.col("sentiment").mean())
        .sort("session_date")
    )
    return Share(
        Frame(prices.to_arrow(), found.missing.arrow()),
        Frame(actions.to_arrow()),
        Frame(sentiment.to_arrow()),
    )


def stories(lakehouse: Lakehouse, symbols: tuple[str, ...], last: date) -> Frame:
    """The tellings of stories about a company of the last weeks, the newest first.

    Returns:
        A frame with published_at, title, place, source (null but of articles), url, score and label
        of the sentiment towards the company (null where nobody scored it), and relevance.
    """
    _, end = hours(lakehouse, last)
    begin = end - timedelta(days=LISTED_DAYS)
    told = there(lakehouse, "gold/news_stories", where={"symbol": list(symbols)}).filter(
        pl.col("published_at").is_between(begin, end)
    )
    scored = pl.concat([_about(lakehouse, symbol, begin, end) for symbol in symbols])
    return Frame(
        told.join(scored.unique("telling_id"), on="telling_id", how="left")
        .sort("published_at", "telling_id", descending=True)
        .select("published_at", "title", "place", "source", "url", "score", "label", "relevance")
        .to_arrow()
    )


def _about(lakehouse: Lakehouse, symbol: str, begin: datetime, end: datetime) -> pl.DataFrame:
    chosen = {
        "telling_id": "article_id",
        "source": "source",
        "score": "ticker_sentiment_score",
        "label": "ticker_sentiment_label",
        "relevance": "ticker_relevance_score",
    }
    kinds = {name: pl.Float64 if name in ("score", "relevance") else pl.String for name in chosen}
    try:
        found = lakehouse.news(symbol=symbol, first=begin, last=end).polars()
    except (UnknownNameError, LookupError):
        return pl.DataFrame(schema=kinds)
    return found.select(**{name: pl.col(column) for name, column in chosen.items()})


def hours(lakehouse: Lakehouse, on: date) -> tuple[datetime, datetime]:
    """From the close of the session before to that of a session: whose news counts for it."""
    found = lakehouse.sessions(EXCHANGE, first=on - timedelta(days=14), last=on).polars()
    begin, end = found["closed_at"].to_list()[-2:]
    return begin, end


@dataclass(frozen=True)
class News:
    """The articles that count for a session.

    Attributes:
        articles: article_id, published_at, title, source, url, score and label of the sentiment
            (null where none), topics and tickers (joined by commas), the newest first. Stories that
            no article tells are among them, with their place as source.
        topics: topic, articles, and sentiment: the mean of their articles weighted by relevance.
        tickers: ticker (as the vendor writes it, of companies of NSE as NSE:INFY), articles, and
            the sentiment towards it, likewise.
    """

    articles: Frame
    topics: Frame
    tickers: Frame

    @property
    def nbytes(self) -> int:
        """How much memory it holds."""
        return sum(int(one.rows.nbytes) for one in (self.articles, self.topics, self.tickers))


def news(lakehouse: Lakehouse, on: date) -> News:
    """The news that counts for a session: told after the close before, and not after its own."""
    begin, end = hours(lakehouse, on)
    span: dict[str, Any] = {"first": begin, "last": end}
    of_articles = there(lakehouse, "silver/news_articles", **span).filter(
        pl.col("published_at").is_between(begin, end, closed="right")
    )
    ids = of_articles.select("article_id", article_score="sentiment_score")
    topics = there(lakehouse, "silver/news_topics", **span).join(ids, on="article_id")
    tickers = (
        there(lakehouse, "silver/news_tickers", **span)
        .join(ids, on="article_id")
        .with_columns(ticker=_of_nse().fill_null(pl.col("ticker")))
    )
    joined = [
        rows.group_by("article_id").agg(pl.col(one).unique().sort().str.join(", ").alias(f"{one}s"))
        for one, rows in (("topic", topics), ("ticker", tickers))
    ]
    articles = of_articles.select(
        *("article_id", "published_at", "title", "source", "url"),
        score="sentiment_score",
        label="sentiment_label",
    )
    for more in joined:
        articles = articles.join(more, on="article_id", how="left")
    others = (
        there(lakehouse, "gold/news_stories")
        .filter(
            pl.col("published_at").is_between(begin, end, closed="right"),
            pl.col("place") != "articles",
        )
        .select(
            pl.col("telling_id").alias("article_id"),
            *("published_at", "title"),
            pl.col("place").str.strip_chars_end("s").alias("source"),
            "url",
            pl.lit(None, pl.Float64).alias("score"),
            pl.lit(None, pl.String).alias("label"),
            pl.lit(None, pl.String).alias("topics"),
            _of_nse().alias("tickers"),
        )
    )
    every = pl.concat([articles, others]).sort("published_at", "article_id", descending=True)
    return News(
        Frame(every.to_arrow()),
        Frame(_weighted(topics, "topic", "article_score").to_arrow()),
        Frame(_weighted(tickers, "ticker", "sentiment_score").to_arrow()),
    )


def _of_nse() -> pl.Expr:
    """How a symbol of NSE is told from a ticker of New York with the same letters."""
    return pl.lit(OF_NSE) + pl.col("symbol")


def _weighted(rows: pl.DataFrame, by: str, score: str) -> pl.DataFrame:
    known = pl.col(score).is_not_null()
    weight = pl.col("relevance_score").filter(known)
    return (
        rows.group_by(by)
        .agg(
            articles=pl.col("article_id").n_unique(),
            sentiment=(pl.col(score).filter(known) * weight).sum() / weight.sum(),
        )
        .with_columns(pl.col("sentiment").fill_nan(None))
        .sort("articles", by, descending=[True, False])
    )


def symbols(lakehouse: Lakehouse, on: date) -> Frame:
    """The symbols of a session, to choose from, those with the largest turnover first."""
    found = lakehouse.table(DAILY, sessions=[on], columns=["symbol", "series", "turnover_inr"])
    own = found.polars().sort("turnover_inr", descending=True).unique("symbol", maintain_order=True)
    return Frame(own.select("symbol").to_arrow())
