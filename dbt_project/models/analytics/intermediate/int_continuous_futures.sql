{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='product',
    sort=['session_date', 'bar_start']
) }}

with

series as (
    select s.*
    from {{ source('raw', 'continuous_futures') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

final as (
    select
        session_date,
        product,
        roll_rule,
        position,
        session_part,
        scale_minutes,
        bar_start,
        expiry,
        "open" as open_price,
        high as high_price,
        low as low_price,
        close as close_price,
        mean as mean_price,
        vwap,
        contracts,
        spread_contracts,
        trades,
        missing_sessions
    from series
    where "open" is not null
)

select * from final
