"""The secrets that publishers of news ask for."""

from __future__ import annotations

from indextracker_catalogue.secrets import Secret

ALPHAVANTAGE_KEY = Secret(
    "alphavantage_key",
    site="Alpha Vantage",
    opens="news articles with sentiment",
    advice=(
        "news articles need a key of alphavantage.co, which is free for 25 requests a day, in "
        "INDEXTRACKER_ALPHAVANTAGE_KEY"
    ),
)
