"""Audits of India's NSE: prices that carry over, documents of a session against each other.

Files that were cut short, whose each row is, and its calendar against its own list of holidays are
here too. What holds within a row is a check of its table.
"""

from __future__ import annotations

from indextracker_catalogue.india import terms
from indextracker_catalogue.model import Audit

# Of 2,766 securities of 16 December 2025 the report's capitalisation is of another price than the
# close, the last one as a rule: of 148 it is more than a thousandth off, of one 8 %, of none 10 %.
_CAP_OFF = 0.1
_OF_SHARES = ", ".join(f"'{series}'" for series in terms.SHARE_SERIES)

FULL_ADDS_NOTHING = Audit(
    name="udiff_has_every_security",
    on="silver/equities_daily",
    reads=(),
    meaning=(
        "Where there is a UDiFF file, it has each security that another file of the session has: "
        "of 3,110 of 29 August 2025 the full bhavcopy is without 164, and has no other."
    ),
    severity="warn",
    bad_rows="""
        with with_udiff as (
            select distinct session_date
            from equities_daily
            where source_formats like 'udiff%'
        )
        select e.session_date, e.symbol, e.series, e.source_formats
        from equities_daily as e
        join with_udiff on e.session_date = with_udiff.session_date
        where e.source_formats not like 'udiff%'
    """,
)

# Of 2,946 rows of the full bhavcopy of 29 August 2025 the last symbol is the last of all shares of
# that session. Until August 2023 seven or eight rows of shares a session are in the legacy file
# alone, of all letters.
_LEFT_OUT = 5

FULL_REACHES_THE_END = Audit(
    name="full_bhavcopy_reaches_the_last_share",
    on="silver/equities_daily",
    reads=(),
    meaning=(
        "The full bhavcopy, whose lines are in the order of their symbols, goes on to the last "
        "shares that another file of the session has. Of one that was cut off between two lines "
        "nothing else tells: it is asked for again with its session."
    ),
    severity="warn",
    doubts="bronze/nse_full_bhavcopy",
    bad_rows=f"""
        with ends as (
            select session_date, max(symbol) as last_symbol
            from equities_daily
            where source_formats like '%full%'
            group by session_date
        )
        select
            e.session_date, ends.last_symbol,
            count(*) as shares_after_it, min(e.symbol) as first_after_it
        from equities_daily as e
        join ends on e.session_date = ends.session_date
        where e.symbol > ends.last_symbol
            and e.series in ({_OF_SHARES})
            and (e.source_formats like '%udiff%' or e.source_formats like '%legacy%')
        group by e.session_date, ends.last_symbol
        having count(*) >= {_LEFT_OUT}
    """,
)

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
        "Each document of a session has half as many rows as that of the one before at least."
    ),
    severity="warn",
    look_back=1,
    bad_rows="""
        with documents as (
            select session_date, 'udiff' as source_format, symbol
            from equities_daily
            where source_formats like '%udiff%'
            union all
            select session_date, 'legacy' as source_format, symbol
            from equities_daily
            where source_formats like '%legacy%'
            union all
            select session_date, 'full' as source_format, symbol
            from equities_daily
            where source_formats like '%full%'
        ),
        days as (
            select session_date, lag(session_date) over (order by session_date) as before_date
            from (select distinct session_date from equities_daily) as every_day
        ),
        counts as (
            select session_date, source_format, count(*) as securities
            from documents
            group by session_date, source_format
        )
        select c.session_date, c.source_format, c.securities, b.securities as securities_before
        from counts as c
        join days on c.session_date = days.session_date
        join counts as b
            on b.session_date = days.before_date and b.source_format = c.source_format
        where 2 * c.securities < b.securities
    """,
)

CAPS_ARE_OF_THE_CLOSE = Audit(
    name="market_caps_are_of_the_close",
    on="silver/market_caps",
    reads=("silver/equities_daily",),
    meaning=(
        "The capitalisation of a security that was traded is the shares issued at about its close: "
        "the daily report and the prices are of one session."
    ),
    severity="warn",
    bad_rows=f"""
        select m.session_date, m.symbol, m.series, m.issued_shares, m.market_cap_inr, e.close
        from market_caps as m
        join equities_daily as e
            on m.session_date = e.session_date
            and m.symbol = e.symbol
            and m.series = e.series
        where abs(cast(m.market_cap_inr as double) - m.issued_shares * e.close)
            > {_CAP_OFF} * m.issued_shares * e.close
    """,
)

CARRIES_OVER_NEW_NAMES = Audit(
    name="previous_close_is_that_of_the_former_name",
    on="gold/equities_adjusted",
    reads=("silver/nse_days",),
    meaning=(
        "A share that has another symbol or series than in the session before has the close of "
        "that session as its previous one: it is the same share."
    ),
    severity="warn",
    look_back=1,
    bad_rows=f"""
        with own as (
            select * from equities_adjusted where series in ({_OF_SHARES})
        ),
        days as (
            select day, lag(day) over (order by day) as before_date
            from nse_days
            where is_session
        )
        select
            e.session_date, e.symbol, e.series, e.previous_close,
            b.symbol as former_symbol, b.series as former_series, b.close as last_close
        from own as e
        join days on e.session_date = days.day
        join own as b
            on b.session_date = days.before_date and e.instrument_id = b.instrument_id
        where (e.symbol <> b.symbol or e.series <> b.series)
            and abs(e.previous_close - b.close) > 0.005
    """,
)

CALENDAR_EQUALS_THE_LIST = Audit(
    name="calendar_equals_the_holiday_list",
    on="silver/nse_days",
    reads=("bronze/nse_holidays",),
    meaning=(
        "A day in the exchange's list of holidays is no ordinary session, and in a year with a "
        "list each weekday without a session is in it. The weekdays of Muhurat are listed, though "
        "there is trading in the evening."
    ),
    severity="warn",
    bad_rows="""
        with listed as (
            select
                make_date(
                    cast(substring(trading_date, 8, 4) as int),
                    cast(
                        floor(
                            (instr(
                                'janfebmaraprmayjunjulaugsepoctnovdec',
                                lower(substring(trading_date, 4, 3))
                            ) + 2) / 3
                        ) as int
                    ),
                    cast(substring(trading_date, 1, 2) as int)
                ) as day,
                description
            from nse_holidays
            where text is null and trading_date is not null
        ),
        years as (
            select distinct year(day) as listed_year from listed
        )
        select d.day, l.description as listed_as, d.reason, 'a session of the calendar' as found
        from listed as l
        join nse_days as d on l.day = d.day
        where d.is_session and not d.is_special
        union all
        select d.day, null as listed_as, d.reason, 'no session of the calendar' as found
        from nse_days as d
        join years on year(d.day) = years.listed_year
        left join listed as l on d.day = l.day
        where not d.is_session and l.day is null
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
