{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='derivative_detail_id',
    sort=['session_date', 'datetime']
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

futures_bars as (
    select b.*
    from {{ ref('stg_futures_bars') }} as b
    where b.price_open is not null and {{ sessions_of_this_run('b.session_date') }}
),

option_bars as (
    select b.*
    from {{ ref('stg_option_bars') }} as b
    where b.price_open is not null and {{ sessions_of_this_run('b.session_date') }}
),

etf_bars as (
    select b.*
    from {{ ref('stg_etf_bars') }} as b
    where b.price_open is not null and {{ sessions_of_this_run('b.session_date') }}
),

futures as (
    select
        bars.session_date,
        bars.session_part,
        contracts.id as derivative_detail_id,
        bars.scale,
        bars.datetime,
        bars.price_open,
        bars.price_high,
        bars.price_low,
        bars.price_close,
        bars.price_mean,
        bars.price_std,
        cast(bars.contracts + bars.spread_contracts as bigint) as volume
    from futures_bars as bars
    inner join contracts
        on
            contracts.derivative_type = 'Futures'
            and bars.session_date = contracts.session_date
            and bars.product = contracts.name
            and bars.expiry = contracts.expire
),

options as (
    select
        bars.session_date,
        bars.session_part,
        contracts.id as derivative_detail_id,
        bars.scale,
        bars.datetime,
        bars.price_open,
        bars.price_high,
        bars.price_low,
        bars.price_close,
        bars.price_mean,
        bars.price_std,
        cast(bars.contracts as bigint) as volume
    from option_bars as bars
    inner join contracts
        on
            contracts.derivative_type = 'Options'
            and bars.session_date = contracts.session_date
            and bars.product = contracts.name
            and bars.expiry = contracts.expire
            and bars.strike = contracts.strike_price
            and bars.option_type = contracts.option_type
),

etfs as (
    select
        bars.session_date,
        cast('day' as varchar(256)) as session_part,
        contracts.id as derivative_detail_id,
        bars.scale,
        bars.datetime,
        bars.price_open,
        bars.price_high,
        bars.price_low,
        bars.price_close,
        bars.price_mean,
        bars.price_std,
        cast(bars.shares as bigint) as volume
    from etf_bars as bars
    inner join contracts
        on
            contracts.derivative_type = 'ETF'
            and bars.session_date = contracts.session_date
            and bars.symbol = contracts.name
),

final as (
    select * from futures
    union all
    select * from options
    union all
    select * from etfs
)

select * from final
