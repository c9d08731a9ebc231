"""Silver tables of news: articles, the tickers and topics in them, and what could not be read."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.news.columns import (
    ARTICLE_ID,
    DAY,
    HOUR,
    INDIA,
    LINE,
    RELEVANCE_WITHIN_ONE,
    SENTIMENT_LABEL,
    SENTIMENT_WITHIN_ONE,
)
from indextracker_catalogue.shared.rejects import rejects_table
from indextracker_catalogue.timeline import Hours

NEWS_ARTICLES = Table(
    layer="silver",
    name="news_articles",
    meaning=(
        "One row per article, in the hour in which it was published: with its sentiment as the "
        "vendor had it when the hour was last requested."
    ),
    key=("hour", "article_id"),
    timeline=Hours(),
    partitioned="year",
    in_warehouse=True,
    columns=(
        HOUR,
        ARTICLE_ID,
        Column("published_at", "timestamp", "When the article was published."),
        Column("title", "string", "Headline.", width=1024),
        Column("summary", "string", "What it says in short; may be empty.", width=8192),
        Column("source", "string", "Name of the publication."),
        Column(
            "url",
            "string",
            "Address without the parameters that track readers.",
            width=2048,
        ),
        Column("sentiment_score", "double", "Sentiment of the article, from -1 to 1."),
        SENTIMENT_LABEL,
    ),
    checks=(SENTIMENT_WITHIN_ONE,),
)

NEWS_TICKERS = Table(
    layer="silver",
    name="news_tickers",
    meaning="One row per article and ticker that the vendor finds in it.",
    key=("hour", "article_id", "ticker"),
    timeline=Hours(),
    partitioned="year",
    in_warehouse=True,
    columns=(
        HOUR,
        ARTICLE_ID,
        Column(
            "ticker",
            "string",
            "Ticker as the vendor writes it: of New York where it has no prefix, such as INFY, "
            "else of a currency, such as CRYPTO:BTC. It is no symbol of another exchange.",
        ),
        Column(
            "symbol",
            "string",
            "NSE's symbol of the company that it means, by silver/news_instruments alone; null of "
            "all others.",
        ),
        Column("relevance_score", "double", "How much the article is about it, from 0 to 1."),
        Column("sentiment_score", "double", "Sentiment towards it, from -1 to 1."),
        SENTIMENT_LABEL,
    ),
    checks=(SENTIMENT_WITHIN_ONE, RELEVANCE_WITHIN_ONE),
)

NEWS_TOPICS = Table(
    layer="silver",
    name="news_topics",
    meaning="One row per article and topic that the vendor finds in it.",
    key=("hour", "article_id", "topic"),
    timeline=Hours(),
    partitioned="year",
    in_warehouse=True,
    columns=(
        HOUR,
        ARTICLE_ID,
        Column("topic", "string", "Topic, such as Earnings."),
        Column("relevance_score", "double", "How much the article is about it, from 0 to 1."),
    ),
    checks=(RELEVANCE_WITHIN_ONE,),
)

NEWS_REJECTS = rejects_table("news_rejects", Hours(), HOUR)

ANNOUNCEMENTS = Table(
    layer="silver",
    name="announcements",
    meaning=(
        "One row per announcement that NSE published on a day in India: what a company, or a fund, "
        "filed with the exchange."
    ),
    key=("day", "line"),
    timeline=INDIA,
    partitioned="year",
    in_warehouse=True,
    columns=(
        DAY,
        LINE,
        Column("published_at", "timestamp", "When the exchange published it."),
        Column(
            "symbol",
            "string",
            "The exchange's symbol of the security, with which the name of the filing begins; null "
            "where there is no filing.",
        ),
        Column("name", "string", "Name of the company or fund."),
        Column("subject", "string", "What it is about; null where none is told.", width=1024),
        Column("announcement", "string", "What is announced.", width=8192),
        Column("url", "string", "Address of the filing; null where there is none.", width=2048),
    ),
)

HEADLINES = Table(
    layer="silver",
    name="headlines",
    meaning=(
        "One row per headline that Yahoo listed for a ticker on a day. A list goes back further "
        "than a day, so that most headlines stand in the lists of several days."
    ),
    key=("day", "line"),
    timeline=INDIA,
    partitioned="year",
    in_warehouse=True,
    columns=(
        DAY,
        LINE,
        Column("ticker", "string", "Ticker as Yahoo writes it, such as INFY.NS of NSE."),
        Column(
            "symbol",
            "string",
            "NSE's symbol of the company that it means, by silver/news_instruments alone; null of "
            "all others.",
        ),
        Column("title", "string", "Headline.", width=1024),
        Column(
            "section",
            "string",
            "Title of the section of the page under which it stood, such as Related News: it need "
            "not be about the ticker. Null where it stood among the ticker's own.",
        ),
        Column(
            "url",
            "string",
            "Address without the parameters that track readers; null where none is known.",
            width=2048,
        ),
        Column(
            "article_id",
            "string",
            "Digest of that address, the same as in silver/news_articles; null without one.",
        ),
        Column(
            "published_at",
            "timestamp",
            "When it was published; null where that cannot be told, and for a time after the day.",
        ),
        Column(
            "published_text",
            "string",
            "Time of publication as published; null where there is none.",
        ),
        Column("fetched_at", "timestamp", "When the list came; null of one that somebody kept."),
    ),
)

NEWS_DAY_REJECTS = rejects_table("news_day_rejects", INDIA, DAY)
