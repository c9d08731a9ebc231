"""The secrets that publishers of NSE's prices ask for."""

from __future__ import annotations

from indextracker_catalogue.secrets import Secret

RAPIDAPI_KEY = Secret(
    "rapidapi_key",
    site="RapidAPI",
    opens="prices of all shares of NSE at a moment",
    advice=(
        "prices at a moment need a key of rapidapi.com with a subscription to latest-stock-price, "
        "in INDEXTRACKER_RAPIDAPI_KEY"
    ),
)
