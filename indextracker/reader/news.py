"""Articles for the reader."""

from __future__ import annotations

from indextracker.reader.model import News
from indextracker_catalogue import news as n

NEWS = News(articles=n.NEWS_ARTICLES, tickers=n.NEWS_TICKERS, topics=n.NEWS_TOPICS)
