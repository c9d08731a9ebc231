"""Reference data of news: which instruments the tickers of a vendor mean."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.timeline import Whole

NEWS_INSTRUMENTS = Table(
    layer="silver",
    name="news_instruments",
    meaning=(
        "One row per ticker of a vendor's articles that means a company of NSE. Only these do: "
        "equal letters mean nothing, since symbols of NSE are tickers of other firms in New York."
    ),
    key=("ticker",),
    timeline=Whole(),
    by_job=False,
    in_warehouse=True,
    columns=(
        Column("ticker", "string", "Ticker as the vendor writes it."),
        Column("symbol", "string", "NSE's symbol of the company's share."),
        Column("name", "string", "Name of the company."),
        Column("source", "string", "Where the row comes from."),
    ),
)
