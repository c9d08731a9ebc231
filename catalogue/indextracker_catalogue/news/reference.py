"""Reference data of news: which instruments tickers mean, and which session a day's news is of."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Whole

NEWS_INSTRUMENTS = Table(
    layer="silver",
    name="news_instruments",
    meaning=(
        "One row per ticker of articles or headlines that means a company of NSE. Only these do: "
        "equal letters mean nothing, since symbols of NSE are tickers of other firms in New York. "
        "Headlines are requested of those of Yahoo, which end with .NS."
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

NEWS_DAYS = Table(
    layer="silver",
    name="news_days",
    meaning=(
        "One row per day in India: the session of NSE for which news of the day counts. News after "
        "its close counts for the next one."
    ),
    key=("day",),
    timeline=Whole(),
    by_job=False,
    columns=(
        Column("day", "date", "Day in India."),
        Column("session_date", "date", "The session of the day, else the next one."),
        Column("opened_at", "timestamp", "Opening of that session."),
        Column("closed_at", "timestamp", "Its close."),
        Column("next_session_date", "date", "The session after it."),
    ),
    checks=(
        Check("session_not_before", "session_date < day", "News counts for no session before it."),
        Check("next_is_later", "next_session_date <= session_date", "Sessions follow each other."),
        Check("session_lasts", "opened_at >= closed_at", "A session opens before it closes."),
    ),
)
