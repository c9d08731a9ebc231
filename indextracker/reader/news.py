"""Articles for the reader."""

from __future__ import annotations

from indextracker.reader.model import Articles
from indextracker_catalogue import news as n

NEWS = Articles(articles=n.NEWS_ARTICLES, tickers=n.NEWS_TICKERS, topics=n.NEWS_TOPICS)
