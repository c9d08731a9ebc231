"""Gold tables of news: stories of several places, sentiment by session, and what came of it."""

from __future__ import annotations

from indextracker_catalogue.india.columns import SESSION
from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.news import terms
from indextracker_catalogue.news.columns import INSTRUMENT_SYMBOL
from indextracker_catalogue.timeline import Whole

NEWS_STORIES = Table(
    layer="gold",
    name="news_stories",
    meaning=(
        "One row per story about a company of NSE and telling of it: an article, a headline or an "
        "announcement. Tellings are of one story where they have one address, or where their "
        f"titles are equal but for signs and case, have {terms.LEAST_TITLE_WORDS} words or more, "
        f"and no more than {terms.SAME_STORY_HOURS} hours lie between one and the next."
    ),
    key=("story_id", "place", "telling_id"),
    key_nullable=("symbol",),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column("story_id", "string", "The telling_id of the first telling."),
        Column("place", "string", f"One of {', '.join(terms.PLACES)}."),
        Column(
            "telling_id",
            "string",
            "Digest of the address, as article_id in silver/news_articles; without an address, of "
            "place, title and time.",
        ),
        Column(
            "symbol",
            "string",
            "NSE's symbol of the company, by silver/news_instruments, of an announcement the "
            "exchange's own; null of an article in which the vendor finds none, and that tells a "
            "story which another place tells of a company.",
        ),
        Column("published_at", "timestamp", "When it was told there first."),
        Column("title", "string", "Headline; of an announcement, name and subject.", width=1024),
        Column("url", "string", "Its address; null where there is none.", width=2048),
    ),
    checks=(
        Check(
            "place_known",
            "place not in ('articles', 'headlines', 'announcements')",
            "A story is told in one of the three places.",
        ),
    ),
)

NEWS_SENTIMENT_DAILY = Table(
    layer="gold",
    name="news_sentiment_daily",
    meaning=(
        "One row per company and session of NSE: the stories that count for the session, which "
        "were told first after the close of the session before and not after its own. Each story "
        "counts once, with the sentiment and relevance of the first article that tells it."
    ),
    key=("session_date", "symbol"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        SESSION,
        INSTRUMENT_SYMBOL,
        Column(
            "instrument_id",
            "string",
            "The instrument that last had the symbol, as in silver/instruments; null where the "
            "lake has no prices of it.",
        ),
        Column("stories", "bigint", "Stories that count for the session."),
        Column("scored_stories", "bigint", "Those of which an article has a sentiment."),
        Column(
            "sentiment",
            "double",
            "Mean sentiment towards the company, weighted by relevance; null without one.",
        ),
        Column("scored_before_open", "bigint", "Scored stories told before the session opened."),
        Column("sentiment_before_open", "double", "Their mean sentiment, likewise."),
    ),
    checks=(
        Check(
            "scores_within_stories",
            "not (scored_before_open <= scored_stories and scored_stories <= stories)",
            "Scored stories are some of the stories.",
        ),
        Check(
            "mean_sentiment_within_one",
            "abs(sentiment) > 1 or abs(sentiment_before_open) > 1",
            "A mean of sentiments lies between -1 and 1.",
            "warn",
        ),
    ),
)

SENTIMENT_RETURNS = Table(
    layer="gold",
    name="sentiment_returns",
    meaning=(
        "One row per horizon and class of sentiment: what shares returned after news, above the "
        "mean of all other instruments in the same session. An event is a row of "
        "gold/news_sentiment_daily whose instrument has that return. Events of one session are "
        f"not taken to be independent. Below {terms.LEAST_EVENTS} events, {terms.LEAST_SESSIONS} "
        f"sessions or {terms.LEAST_FREEDOM} degrees of freedom no figure is told, and too_few says "
        "of what there is too little."
    ),
    key=("horizon_sessions", "sentiment_class"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column(
            "horizon_sessions",
            "int",
            "0: the return over the session itself, by what was known before it opened. 1: the "
            "return over the session after it, by all that counts for it.",
            "sessions",
        ),
        Column(
            "sentiment_class",
            "string",
            "One of the vendor's classes of the mean sentiment, Bearish, Somewhat-Bearish, "
            f"Neutral, Somewhat-Bullish and Bullish; those of at least {terms.SOMEWHAT_BULLISH} "
            f"({terms.POSITIVE}), of at most -{terms.SOMEWHAT_BULLISH} ({terms.NEGATIVE}), and the "
            f"first less the second ({terms.DIFFERENCE}).",
        ),
        Column("events", "bigint", "How many companies and sessions; 0 where there is none."),
        Column("sessions", "bigint", "In how many sessions; of a difference, the fewer of both."),
        Column(
            "mean_return",
            "double",
            "Mean return above that of all others; null below the least numbers.",
            "fraction",
        ),
        Column("low_95", "double", "Lower end of its interval of 95 %; null likewise.", "fraction"),
        Column("high_95", "double", "Upper end, likewise.", "fraction"),
        Column(
            "degrees_of_freedom",
            "double",
            "How many independent sessions the interval is worth, less one; fewer than sessions "
            "where some hold most events. Null likewise.",
        ),
        Column(
            "too_few",
            "string",
            "What there is too little of for a figure, such as 12 events of 30; null where there "
            "is one. Of a difference, of the group that has less.",
        ),
    ),
    checks=(
        Check(
            "no_figure_of_few_events",
            f"mean_return is not null and (events < {terms.LEAST_EVENTS} "
            f"or sessions < {terms.LEAST_SESSIONS})",
            "A figure rests on the least number of events and sessions.",
        ),
        Check(
            "a_figure_or_what_is_too_few",
            "(mean_return is null) = (too_few is null)",
            "A row has a figure, or says what there is too little of.",
        ),
        Check(
            "mean_within_its_interval",
            "not (low_95 <= mean_return and mean_return <= high_95)",
            "A mean lies within its interval.",
        ),
    ),
)
