"""The reference table of news that is made from the calendar of NSE: which session a day is of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from indextracker.building.reference_tables import Rows, of_exchange
from indextracker.calendars import TradingDays
from indextracker.reference.closures import Closure
from indextracker_catalogue.india.columns import XNSE
from indextracker_catalogue.news.reference import NEWS_DAYS


def days(calendar: TradingDays, found: Sequence[Closure] = ()) -> Rows:
    """Rows of silver/news_days: from the first session to the last but one that is foreseen."""
    closed = {closure.day for closure in found if closure.exchange == calendar.exchange}
    known = calendar.sessions(calendar.start, calendar.horizon)
    sessions = [session for session in known if session not in closed]
    rows: Rows = []
    day = sessions[0]
    for session, following in pairwise(sessions):
        hours = {"opened_at": calendar.opening(session), "closed_at": calendar.closing(session)}
        while day <= session:
            rows.append(
                {"day": day, "session_date": session, **hours, "next_session_date": following}
            )
            day += timedelta(days=1)
    return rows


OF_DAYS = of_exchange(NEWS_DAYS, XNSE.exchange, days)
