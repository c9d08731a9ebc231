{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='derivative_detail_id',
    sort=['session_date']
) }}

with

contracts as (
    select
        c.session_date,
        c.id,
        c.derivative_type,
        c.name,
        c.expire,
        c.strike_price,
        c.option_type
    from {{ ref('int_contracts') }} as c
    where {{ sessions_of_this_run('c.session_date') }}
),

futures_sessions as (
    select s.*
    from {{ ref('stg_futures_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

option_sessions as (
    select s.*
    from {{ ref('stg_option_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

etf_sessions as (
    select s.*
    from {{ ref('stg_etf_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

-- What the exchange says in the rows of the day is of the end of the session.
settled as (
    select
        r.session_date,
        r.product,
        r.expiry,
        r.strike,
        r.option_type,
        r.settlement_price,
        r.open_interest
    from {{ ref('stg_daily_report') }} as r
    where r.session_part = 'day' and {{ sessions_of_this_run('r.session_date') }}
),

futures as (
    select
        contracts.id as derivative_detail_id,
        sessions.session_date,
        sessions.session_part,
        sessions.price_open as "open",
        sessions.price_high as high,
        sessions.price_low as low,
        sessions.price_close as close,
        sessions.price_vwap as vwap,
        cast(sessions.contracts as bigint) as contracts,
        cast(sessions.spread_contracts as bigint) as spread_contracts,
        settled.settlement_price,
        settled.open_interest,
        cast(sessions.contracts + sessions.spread_contracts as bigint) as volume
    from futures_sessions as sessions
    inner join contracts
        on
            contracts.derivative_type = 'Futures'
            and sessions.session_date = contracts.session_date
            and sessions.product = contracts.name
            and sessions.expiry = contracts.expire
    left join settled
        on
            sessions.session_part in ('day', 'whole')
            and settled.option_type is null
            and sessions.session_date = settled.session_date
            and sessions.product = settled.product
            and sessions.expiry = settled.expiry
),

options as (
    select
        contracts.id as derivative_detail_id,
        sessions.session_date,
        sessions.session_part,
        sessions.price_open as "open",
        sessions.price_high as high,
        sessions.price_low as low,
        sessions.price_close as close,
        sessions.price_mean as vwap,
        cast(sessions.contracts as bigint) as contracts,
        cast(0 as bigint) as spread_contracts,
        settled.settlement_price,
        settled.open_interest,
        cast(sessions.contracts as bigint) as volume
    from option_sessions as sessions
    inner join contracts
        on
            contracts.derivative_type = 'Options'
            and sessions.session_date = contracts.session_date
            and sessions.product = contracts.name
            and sessions.expiry = contracts.expire
            and sessions.strike = contracts.strike_price
            and sessions.option_type = contracts.option_type
    left join settled
        on
            sessions.session_part in ('day', 'whole')
            and sessions.session_date = settled.session_date
            and sessions.product = settled.product
            and sessions.expiry = settled.expiry
            and sessions.strike = settled.strike
            and sessions.option_type = settled.option_type
),

etfs as (
    select
        contracts.id as derivative_detail_id,
        sessions.session_date,
        sessions.session_part,
        sessions.price_open as "open",
        sessions.price_high as high,
        sessions.price_low as low,
        sessions.price_close as close,
        sessions.price_vwap as vwap,
        cast(null as bigint) as contracts,
        cast(null as bigint) as spread_contracts,
        cast(null as double precision) as settlement_price,
        cast(null as bigint) as open_interest,
        cast(sessions.shares as bigint) as volume
    from etf_sessions as sessions
    inner join contracts
        on
            contracts.derivative_type = 'ETF'
            and sessions.session_date = contracts.session_date
            and sessions.symbol = contracts.name
),

final as (
    select * from futures
    union all
    select * from options
    union all
    select * from etfs
)

select * from final
