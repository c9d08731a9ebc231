"""The secrets that publishers of Taiwan ask for."""

from __future__ import annotations

from indextracker_catalogue.secrets import Secret

FINMIND_TOKEN = Secret(
    "finmind_token",
    site="FinMind",
    opens="ticks of ETFs",
    advice=(
        "ticks need a Backer or Sponsor account of finmindtrade.com, its token in "
        "INDEXTRACKER_FINMIND_TOKEN"
    ),
)
