"""Reference data of India's NSE: the days on which it trades."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Whole

NSE_DAYS = Table(
    layer="silver",
    name="nse_days",
    meaning=(
        "One row per weekday, and per session at a weekend, past and foreseeable: whether NSE "
        "trades on it."
    ),
    key=("day",),
    timeline=Whole(),
    by_job=False,
    columns=(
        Column("day", "date", "The day, in India."),
        Column("is_session", "boolean", "Whether NSE trades."),
        Column(
            "is_special",
            "boolean",
            "Whether it trades on a day, or at hours, that are not the usual ones: at a weekend, "
            "or in the evening of Diwali.",
        ),
        Column("opened_at", "timestamp", "Opening of the session; null where there is none."),
        Column("closed_at", "timestamp", "Its close, likewise."),
        Column(
            "reason",
            "string",
            "Why there is no session, or a special one; null of others, and of holidays of a fixed "
            "date that are in no list yet.",
        ),
    ),
    checks=(
        Check("opens_before_close", "opened_at >= closed_at", "A session opens before it closes."),
        Check(
            "sessions_have_hours",
            "is_session <> (opened_at is not null and closed_at is not null)",
            "A session has hours, and no other day has.",
        ),
    ),
)
