{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='symbol',
    sort=['session_date']
) }}

with

equities as (
    select e.*
    from {{ source('raw', 'equities_daily') }} as e
    where {{ sessions_of_this_run('e.session_date') }}
),

adjusted as (
    select a.*
    from {{ source('raw', 'equities_adjusted') }} as a
    where {{ sessions_of_this_run('a.session_date') }}
),

returns as (
    select r.*
    from {{ source('raw', 'equity_returns') }} as r
    where {{ sessions_of_this_run('r.session_date') }}
),

caps as (
    select c.*
    from {{ source('raw', 'market_caps') }} as c
    where {{ sessions_of_this_run('c.session_date') }}
),

instruments as (
    select
        i.instrument_id,
        i.symbol,
        i.series,
        i.valid_from,
        i.valid_to
    from {{ source('raw', 'instruments') }} as i
    where i.is_own_series
),

-- Which instrument a row is of may change as more sessions are known, so that it is not kept here:
-- fct_equity_day looks it up.
of_instruments as (
    select
        equities.*,
        row_number() over (
            partition by equities.session_date, instruments.instrument_id
            order by equities.shares desc, equities.series asc
        ) as place
    from equities
    inner join instruments
        on
            equities.symbol = instruments.symbol
            and equities.series = instruments.series
            and equities.session_date between instruments.valid_from and instruments.valid_to
),

final as (
    select
        e.session_date,
        e.symbol,
        e.series,
        e.isin,
        e.previous_close,
        e."open" as open_price,
        e.high as high_price,
        e.low as low_price,
        e.close as close_price,
        e.last as last_price,
        e.vwap,
        e.shares,
        e.turnover_inr,
        e.trades,
        e.deliverable_shares,
        adjusted.factor as session_factor,
        adjusted.actions as corporate_actions,
        returns.return_1,
        returns.return_5,
        returns.return_20,
        returns.return_60,
        returns.return_252,
        returns.high_52_weeks,
        returns.low_52_weeks,
        returns.sessions_52_weeks,
        caps.issued_shares,
        caps.market_cap_inr,
        cast(e.deliverable_shares as double precision)
        / nullif(e.shares, 0) * 100 as deliverable_percent
    from of_instruments as e
    left join adjusted
        on
            e.session_date = adjusted.session_date
            and e.symbol = adjusted.symbol
            and e.series = adjusted.series
    left join returns
        on
            e.session_date = returns.session_date
            and e.symbol = returns.symbol
            and e.series = returns.series
    left join caps
        on
            e.session_date = caps.session_date
            and e.symbol = caps.symbol
            and e.series = caps.series
    where e.place = 1
)

select * from final
