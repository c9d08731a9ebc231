{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='spread_id',
    sort=['session_date', 'datetime']
) }}

with

spreads as (
    select s.*
    from {{ ref('int_spreads') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

bars as (
    select b.*
    from {{ ref('stg_spread_bars') }} as b
    where {{ sessions_of_this_run('b.session_date') }}
),

final as (
    select
        bars.session_date,
        bars.session_part,
        spreads.id as spread_id,
        bars.scale,
        bars.datetime,
        bars.price_open,
        bars.price_high,
        bars.price_low,
        bars.price_close,
        bars.price_mean,
        bars.price_std,
        cast(bars.contracts as bigint) as volume
    from bars
    inner join spreads
        on
            bars.session_date = spreads.session_date
            and bars.product = spreads.product
            and bars.near_expiry = spreads.near_expiry
            and bars.far_expiry = spreads.far_expiry
)

select * from final
