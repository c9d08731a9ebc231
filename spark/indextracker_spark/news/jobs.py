"""The jobs of news, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_catalogue import news as t
from indextracker_catalogue.india import EQUITY_RETURNS, INSTRUMENTS
from indextracker_spark.job import SparkJob
from indextracker_spark.news.event_study import sentiment_returns
from indextracker_spark.news.sentiment import news_sentiment_daily
from indextracker_spark.news.stories import news_stories

JOBS = (
    SparkJob(
        t.NEWS_STORIES,
        (t.NEWS_ARTICLES, t.NEWS_TICKERS, t.HEADLINES, t.ANNOUNCEMENTS),
        news_stories,
    ),
    SparkJob(
        t.NEWS_SENTIMENT_DAILY,
        (t.NEWS_STORIES, t.NEWS_TICKERS, t.NEWS_DAYS, INSTRUMENTS),
        news_sentiment_daily,
    ),
    SparkJob(
        t.SENTIMENT_RETURNS,
        (t.NEWS_SENTIMENT_DAILY, t.NEWS_DAYS, EQUITY_RETURNS),
        sentiment_returns,
    ),
)
