"""Audits of India's NSE: prices that carry over, files cut short, and whose each row is."""

from __future__ import annotations

from indextracker_catalogue.model import Audit

PREVIOUS_CLOSE_CARRIES_OVER = Audit(
    name="previous_close_is_the_last_close",
    on="silver/equities_daily",
    reads=(),
    meaning=(
        "The previous close is the close of the session before, on ex-dates too. Where most "
        "differ, that session is not in the lake, and nothing is said."
    ),
    severity="warn",
    look_back=1,
    bad_rows="""
        with days as (
            select session_date, lag(session_date) over (order by session_date) as before_date
            from (select distinct session_date from equities_daily) as every_day
        ),
        pairs as (
            select e.session_date, e.symbol, e.series, e.previous_close, b.close as last_close
            from equities_daily as e
            join days on e.session_date = days.session_date
            join equities_daily as b
                on b.session_date = days.before_date
                and e.symbol = b.symbol
                and e.series = b.series
            where e.previous_close is not null
        ),
        counts as (
            select
                session_date,
                count(*) as compared,
                sum(case when abs(previous_close - last_close) > 0.005 then 1 else 0 end) as apart
            from pairs
            group by session_date
        )
        select pairs.session_date, symbol, series, previous_close, last_close
        from pairs
        join counts on pairs.session_date = counts.session_date
        where abs(previous_close - last_close) > 0.005 and 2 * apart < compared
    """,
)

ROWS_AS_BEFORE = Audit(
    name="as_many_rows_as_the_session_before",
    on="silver/equities_daily",
    reads=(),
    meaning=(
        "A session has half as many rows as the one before at least: of a full bhavcopy that is "
        "cut off between two lines nothing else tells."
    ),
    severity="warn",
    look_back=1,
    bad_rows="""
        with counts as (
            select session_date, count(*) as securities
            from equities_daily
            group by session_date
        ),
        pairs as (
            select
                session_date,
                securities,
                lag(securities) over (order by session_date) as securities_before
            from counts
        )
        select session_date, securities, securities_before
        from pairs
        where 2 * securities < securities_before
    """,
)

EACH_ROW_OF_ONE_INSTRUMENT = Audit(
    name="each_row_is_of_one_instrument",
    on="silver/instruments",
    reads=("silver/equities_daily",),
    meaning=(
        "A row of silver/equities_daily lies in the time of one row of this table that has its "
        "symbol and series, and of no other."
    ),
    bad_rows="""
        select e.session_date, e.symbol, e.series, count(i.instrument_id) as instruments
        from equities_daily as e
        left join instruments as i
            on e.symbol = i.symbol
            and e.series = i.series
            and e.session_date between i.valid_from and i.valid_to
        group by e.session_date, e.symbol, e.series
        having count(i.instrument_id) <> 1
    """,
)
