"""Audits of news: lists of headlines that were not read, and those that have gone silent."""

from __future__ import annotations

from indextracker_catalogue.model import Audit
from indextracker_catalogue.news.forms import EMPTY

LISTS_ARE_READ = Audit(
    name="every_list_of_a_day_was_read",
    on="bronze/yahoo_headlines",
    reads=(),
    meaning=(
        "Each list of a day is a list, if an empty one: a page in the place of one may be gone an "
        "hour later, and so the day is requested again until it is over."
    ),
    severity="warn",
    doubts="bronze/yahoo_headlines",
    bad_rows=f"""
        select day, part, problem
        from yahoo_headlines
        where problem not in ('', '{EMPTY}')
    """,
)

LISTS_HAVE_HEADLINES = Audit(
    name="a_list_is_not_without_headlines_for_a_week",
    on="bronze/yahoo_headlines",
    reads=(),
    meaning=(
        "The list of a ticker has a headline on one of seven days at least: a feed that was given "
        "up answers with an empty list, or a page."
    ),
    severity="warn",
    look_back=6,
    bad_rows="""
        with lists as (
            select day, ticker, min(case when problem <> '' then 1 else 0 end) as silent
            from yahoo_headlines
            where ticker is not null
            group by day, ticker
        ),
        weeks as (
            select
                day,
                ticker,
                sum(silent) over (
                    partition by ticker order by day rows between 6 preceding and current row
                ) as silent_days
            from lists
        )
        select day, ticker, silent_days from weeks where silent_days = 7
    """,
)
