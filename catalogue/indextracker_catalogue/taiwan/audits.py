"""Audits, rules between tables: control totals, calendars, hours, and bars against their facts."""

from __future__ import annotations

from indextracker_catalogue.model import Audit
from indextracker_catalogue.taiwan.terms import (
    ASSUMED_DAY_CLOSE,
    ASSUMED_DAY_OPEN,
    ASSUMED_NIGHT_OPEN,
    NIGHT_CLOSE,
    UTC_OFFSET_SECONDS,
)

# The lines of the file of spreads that can be read.
_COMBINATIONS = """combinations as (
            select c.*
            from taifex_combination_trades as c
            left join rejects as r
                on r.feed = 'taifex_combination_trades'
                and c.session_date = r.session_date
                and c.line = r.line
            where r.line is null
        )"""

VOLUME_EQUALS_TOTALS = Audit(
    name="volume_equals_control_totals",
    on="silver/futures_trades",
    reads=("silver/futures_spreads", "bronze/taifex_volume_totals", "silver/rejects"),
    meaning=(
        "Per product, outright and spread volume add up to the exchange's control total; only a "
        "product with a line that could not be read may have less."
    ),
    bad_rows="""
        with unread as (
            -- The product is the second cell of either document; empty, it may be any.
            select distinct session_date, feed, trim(split_part(text, ',', 2)) as product
            from rejects
            where feed in ('taifex_futures', 'taifex_volume_totals')
        ),
        computed as (
            select session_date, product, sum(volume) as volume
            from (
                select session_date, product, 2 * cast(contracts as bigint) as volume
                from futures_trades
                union all
                select session_date, product, 4 * cast(contracts as bigint) as volume
                from futures_spreads
            ) as legs
            group by session_date, product
        ),
        official as (
            select session_date, product, try_cast(total_volume as bigint) as volume
            from taifex_volume_totals
            where text is null and product <> ''
        ),
        audited as (select distinct session_date from official)
        select
            coalesce(c.session_date, o.session_date) as session_date,
            coalesce(c.product, o.product) as product,
            coalesce(c.volume, 0) as computed,
            coalesce(o.volume, 0) as official
        from (
            select computed.* from computed
            join audited on computed.session_date = audited.session_date
        ) as c
        full outer join official as o
            on c.session_date = o.session_date and c.product = o.product
        left join unread as u
            on u.session_date = coalesce(c.session_date, o.session_date)
            and u.product in (coalesce(c.product, o.product), '')
            -- The document that could not be read whole is the one with less.
            and u.feed = case
                when coalesce(c.volume, 0) < coalesce(o.volume, 0) then 'taifex_futures'
                else 'taifex_volume_totals'
            end
        where u.session_date is null and coalesce(c.volume, 0) <> coalesce(o.volume, 0)
    """,
)

SPREADS_EQUAL_COMBINATIONS = Audit(
    name="spreads_equal_combination_trades",
    on="silver/futures_spreads",
    reads=("bronze/taifex_combination_trades", "silver/rejects"),
    meaning=(
        "The spreads of the tick file are those that the exchange's file of spreads marks as "
        "matched with a spread."
    ),
    severity="warn",
    bad_rows=f"""
        with {_COMBINATIONS},
        official as (
            select
                session_date,
                product,
                expiry,
                try_cast(near_price as double) as near_price,
                try_cast(far_price as double) as far_price,
                sum(try_cast(volume as bigint)) as volume
            from combinations
            where spread_against_spread = '*'
            group by 1, 2, 3, 4, 5
        ),
        computed as (
            select
                session_date,
                product,
                concat(near_expiry, '/', far_expiry) as expiry,
                near_price,
                far_price,
                sum(4 * cast(contracts as bigint)) as volume
            from futures_spreads
            where session_date in (select session_date from taifex_combination_trades)
            group by session_date, product, near_expiry, far_expiry, near_price, far_price
        )
        select
            coalesce(c.session_date, o.session_date) as session_date,
            coalesce(c.product, o.product) as product,
            coalesce(c.expiry, o.expiry) as expiry,
            coalesce(c.near_price, o.near_price) as near_price,
            coalesce(c.far_price, o.far_price) as far_price,
            coalesce(c.volume, 0) as computed,
            coalesce(o.volume, 0) as official
        from computed as c
        full outer join official as o
            on c.session_date = o.session_date
            and c.product = o.product
            and c.expiry = o.expiry
            and c.near_price = o.near_price
            and c.far_price = o.far_price
        where coalesce(c.volume, 0) <> coalesce(o.volume, 0)
    """,
)

COMBINATIONS_EQUAL_TOTALS = Audit(
    name="combination_volume_equals_control_totals",
    on="silver/futures_spreads",
    reads=(
        "bronze/taifex_combination_trades",
        "bronze/taifex_volume_totals",
        "silver/rejects",
    ),
    meaning=(
        "Per product, the exchange's file of spreads adds up to its control total of spreads; "
        "spreads matched with single orders count half."
    ),
    severity="warn",
    bad_rows=f"""
        with {_COMBINATIONS},
        computed as (
            select
                session_date,
                product,
                sum(
                    case
                        when spread_against_spread = '*' then 2 * try_cast(volume as bigint)
                        else try_cast(volume as bigint)
                    end
                ) as doubled
            from combinations
            where session_date in (select session_date from taifex_volume_totals)
            group by session_date, product
        ),
        official as (
            select session_date, product, 2 * try_cast(spread_volume as bigint) as doubled
            from taifex_volume_totals
            where text is null and product <> ''
                and session_date in (select session_date from taifex_combination_trades)
        )
        select
            coalesce(c.session_date, o.session_date) as session_date,
            coalesce(c.product, o.product) as product,
            coalesce(c.doubled, 0) / 2 as computed,
            coalesce(o.doubled, 0) / 2 as official
        from computed as c
        full outer join official as o
            on c.session_date = o.session_date and c.product = o.product
        where coalesce(c.doubled, 0) <> coalesce(o.doubled, 0)
    """,
)

EVEN_SIDES = Audit(
    name="sides_are_even",
    on="silver/option_trades",
    reads=(),
    meaning="The sides of a second, a series and a price are even: each trade has two.",
    bad_rows="""
        select session_date, traded_at, product, expiry, strike, option_type, price,
            sum(sides) as sides
        from option_trades
        group by session_date, traded_at, product, expiry, strike, option_type, price
        having sum(sides) % 2 <> 0
    """,
)

INDEX_ROWS = Audit(
    name="levels_span_the_session",
    on="silver/index_levels",
    reads=("silver/sessions",),
    meaning=(
        "Each index has a level at every step of the session: 60 s until 2011-01-15, then 15 s, "
        "10 s from 2014-02-24 and 5 s from 2014-12-29, which makes 3,241."
    ),
    severity="warn",
    bad_rows="""
        with spans as (
            select
                session_date,
                3600 * (extract(hour from closed_at) - extract(hour from opened_at))
                + 60 * (extract(minute from closed_at) - extract(minute from opened_at)) as seconds,
                case
                    when session_date >= date '2014-12-29' then 5
                    when session_date >= date '2014-02-24' then 10
                    when session_date > date '2011-01-15' then 15
                    else 60
                end as step
            from sessions
            where exchange = 'XTAI'
        ),
        found as (
            select session_date, index_id, count(*) as levels
            from index_levels
            group by session_date, index_id
        )
        select found.session_date, index_id, levels, seconds / step + 1 as expected
        from found
        join spans on found.session_date = spans.session_date
        where (levels - 1) * step <> seconds
    """,
)

PREVIOUS_CLOSE = Audit(
    name="opens_with_the_previous_close",
    on="silver/index_levels",
    reads=("silver/sessions",),
    meaning="The row of 09:00:00 is the close of the session before, if that one is in the lake.",
    severity="warn",
    look_back=1,
    bad_rows="""
        with closes as (
            select session_date, index_id, max_by(level, line) as level
            from index_levels
            where not is_previous_close
            group by session_date, index_id
        )
        select l.session_date, l.index_id, l.level, closes.level as previous_close
        from index_levels as l
        join sessions on l.session_date = sessions.session_date and sessions.exchange = 'XTAI'
        join closes
            on sessions.previous_session_date = closes.session_date
            and l.index_id = closes.index_id
        where l.is_previous_close and l.level <> closes.level
    """,
)

CALENDAR_EQUALS_SCHEDULE = Audit(
    name="calendar_equals_the_schedule",
    on="silver/sessions",
    reads=("silver/closures", "bronze/twse_holidays"),
    meaning=(
        "The days of the stock exchange's holiday schedule are sessions if it says that there is "
        "trading, and none otherwise; days in silver/closures are left out."
    ),
    severity="warn",
    bad_rows="""
        with listed as (
            select
                coalesce(
                    try_cast(date as date),
                    make_date(
                        cast(year(session_date) as int),
                        try_cast(regexp_extract(date, '^([0-9]+)月', 1) as int),
                        try_cast(regexp_extract(date, '月([0-9]+)日$', 1) as int)
                    )
                ) as day,
                name,
                case
                    when note is not null then note = 'o'
                    when concat(name, description) like '%無交易%' then false
                    else name like '%開始交易日%' or name like '%最後交易日%'
                end as trades
            from twse_holidays
            where text is null
        )
        select listed.day, listed.name, listed.trades
        from listed
        left join sessions on listed.day = sessions.session_date and sessions.exchange = 'XTAI'
        left join closures on listed.day = closures.closed_date and closures.exchange = 'XTAI'
        where closures.closed_date is null
            and listed.trades <> (sessions.session_date is not null)
    """,
)


def _in_hours(on: str, trades: str, reads: tuple[str, ...] = ()) -> Audit:
    """The audit that the trades of a table are inside the hours of their products."""

    def seconds(clock: str) -> str:
        hours, minutes = (f"cast(substring({clock}, {start}, 2) as int)" for start in (1, 4))
        return f"3600 * {hours} + 60 * {minutes}"

    def clock(second: str) -> str:
        # Of the night's small hours too, which are counted on from the evening's day.
        parts = (
            f"({second} % 86400 - {second} % 3600) / 3600",
            f"({second} % 3600 - {second} % 60) / 60",
            f"{second} % 60",
        )
        padded = (f"lpad(cast(cast({part} as int) as string), 2, '0')" for part in parts)
        return f"""concat({", ':', ".join(padded)})"""

    return Audit(
        name="trades_in_hours",
        on=on,
        reads=(*reads, "silver/products"),
        meaning=(
            "Products trade in the hours of their terms; one without terms by day from "
            f"{ASSUMED_DAY_OPEN[:5]} to {ASSUMED_DAY_CLOSE[:5]} and by night from "
            f"{ASSUMED_NIGHT_OPEN[:5]} to {NIGHT_CLOSE[:5]}."
        ),
        severity="warn",
        bad_rows=f"""
        with clocks as (
            select session_date, session_part, product,
                (3600 * extract(hour from traded_at) + 60 * extract(minute from traded_at)
                + extract(second from traded_at) + {UTC_OFFSET_SECONDS}) % 86400 as seconds
            from (
                select distinct session_date, session_part, product, traded_at
                from ({trades}) as printed
            ) as trades
        ),
        spans as (
            -- A night runs past midnight: its small hours come after the evening's.
            select session_date, session_part, product,
                min(case when session_part = 'night' and seconds < 43200 then seconds + 86400
                    else seconds end) as first_trade,
                max(case when session_part = 'night' and seconds < 43200 then seconds + 86400
                    else seconds end) as last_trade
            from clocks
            group by session_date, session_part, product
        ),
        hours as (
            select
                spans.*,
                known.product is null or night_open is not null as has_night,
                {seconds(f"coalesce(day_open, '{ASSUMED_DAY_OPEN}')")} as day_open,
                {seconds(f"coalesce(day_close, '{ASSUMED_DAY_CLOSE}')")} as day_close,
                {seconds(f"coalesce(night_open, '{ASSUMED_NIGHT_OPEN}')")} as night_open,
                {seconds(f"coalesce(night_close, '{NIGHT_CLOSE}')")} + 86400 as night_close
            from spans
            left join products as known
                on spans.product = known.product
                and spans.session_date >= known.valid_from
                and (known.valid_to is null or spans.session_date <= known.valid_to)
        )
        select session_date, session_part, product,
            {clock("first_trade")} as first_trade, {clock("last_trade")} as last_trade
        from hours
        where (session_part = 'day' and (first_trade < day_open or last_trade > day_close))
            or (
                session_part = 'night'
                and (not has_night or first_trade < night_open or last_trade > night_close)
            )
    """,
    )


FUTURES_IN_HOURS = _in_hours(
    "silver/futures_trades",
    "select session_date, session_part, product, traded_at from futures_trades"
    " union all select session_date, session_part, product, traded_at from futures_spreads",
    ("silver/futures_spreads",),
)
OPTIONS_IN_HOURS = _in_hours(
    "silver/option_trades",
    "select session_date, session_part, product, traded_at from option_trades",
)


def _night_is_there(trades: str, product: str) -> Audit:
    """The audit that the sessions of a table have their night part, by its main product."""
    return Audit(
        name="night_part_is_there",
        on=f"silver/{trades}",
        reads=("silver/products",),
        meaning=(
            f"Where {product} trades by day and has a night session, since 2017-05-16, it traded "
            "in the night before too: else the night part is missing in the document."
        ),
        severity="warn",
        bad_rows=f"""
        with parts as (
            select
                session_date,
                sum(case when session_part = 'day' then 1 else 0 end) as day_trades,
                sum(case when session_part = 'night' then 1 else 0 end) as night_trades
            from {trades}
            where product = '{product}'
            group by session_date
        )
        select session_date, known.product, day_trades, night_trades
        from parts
        join products as known
            on known.product = '{product}'
            and session_date >= known.valid_from
            and (known.valid_to is null or session_date <= known.valid_to)
        where known.night_open is not null and day_trades > 0 and night_trades = 0
    """,
    )


FUTURES_NIGHT = _night_is_there("futures_trades", "TX")
OPTIONS_NIGHT = _night_is_there("option_trades", "TXO")

TRADES_BEFORE_EXPIRY = Audit(
    name="trades_before_expiry",
    on="silver/contracts",
    reads=("silver/products", "silver/sessions"),
    meaning=(
        "No contract trades after its last trading day, but for the night that follows it where "
        "the product's terms say so."
    ),
    severity="warn",
    bad_rows="""
        select c.session_date, c.product, c.expiry, c.last_trading_date
        from contracts as c
        left join sessions as s on c.session_date = s.session_date and s.exchange = 'XTAI'
        left join products as known
            on c.product = known.product
            and c.session_date >= known.valid_from
            and (known.valid_to is null or c.session_date <= known.valid_to)
        where c.last_trading_date < c.session_date
            and not (
                coalesce(known.trades_after_last_day, false)
                -- The night that follows the last trading day is the next session's.
                and coalesce(c.last_trading_date >= s.previous_session_date, false)
            )
    """,
)


def _of_every_scale(subject: str, reads: tuple[str, ...], facts: str, *counts: str) -> Audit:
    """The audit that the bars of every scale count what the facts do.

    Args:
        subject: What the table of bars begins with.
        reads: The tables of the facts.
        facts: Query of session_date and, a column each, what a row of the facts counts.
        *counts: The columns.
    """
    sums = ", ".join(f"sum({name}) as {name}" for name in counts)
    found = ", ".join(
        f"coalesce(b.{name}, 0) as {name}, coalesce(f.{name}, 0) as expected_{name}"
        for name in counts
    )
    differs = " or ".join(f"coalesce(b.{name}, 0) <> coalesce(f.{name}, 0)" for name in counts)
    return Audit(
        name="every_scale_holds_the_volume",
        on=f"gold/{subject}_bars",
        reads=reads,
        meaning="The bars of every scale add up to the facts that they are made from.",
        bad_rows=f"""
        with bars as (
            select session_date, scale_minutes, {sums}
            from {subject}_bars
            group by session_date, scale_minutes
        ),
        facts as (
            select session_date, scale_minutes, {", ".join(counts)}
            from (
                select session_date, {sums} from ({facts}) as rows_of_facts group by session_date
            ) as of_sessions
            cross join (
                select 1 as scale_minutes union all select 5 union all select 15
                union all select 30 union all select 60
            ) as scales
        )
        select
            coalesce(b.session_date, f.session_date) as session_date,
            coalesce(b.scale_minutes, f.scale_minutes) as scale_minutes,
            {found}
        from bars as b
        full outer join facts as f
            on b.session_date = f.session_date and b.scale_minutes = f.scale_minutes
        where {differs}
    """,
    )


INDEX_VOLUME = _of_every_scale(
    "index",
    ("silver/index_levels",),
    "select session_date, 1 as ticks from index_levels where not is_previous_close",
    "ticks",
)
ETF_VOLUME = _of_every_scale(
    "etf",
    ("silver/etf_trades",),
    # From 14:00:00 in Taipei on, 06:00:00 UTC, the price is fixed: in no bar.
    "select session_date, shares, 1 as prints from etf_trades"
    " where extract(hour from traded_at) < 6",
    "shares",
    "prints",
)
FUTURES_VOLUME = _of_every_scale(
    "futures",
    ("silver/futures_trades", "silver/futures_spreads"),
    "select session_date, contracts, 0 as spread_contracts, 1 as trades from futures_trades"
    " union all select session_date, 0, 2 * contracts, 0 from futures_spreads",
    "contracts",
    "spread_contracts",
    "trades",
)
SPREAD_VOLUME = _of_every_scale(
    "spread",
    ("silver/futures_spreads",),
    "select session_date, contracts, 1 as trades from futures_spreads",
    "contracts",
    "trades",
)
OPTION_VOLUME = _of_every_scale(
    "option",
    ("silver/option_trades",),
    "select session_date, sides / 2.0 as contracts, 1 as prints from option_trades",
    "contracts",
    "prints",
)
