{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='all',
    sort=['session_date']
) }}

with

final as (
    select
        f.session_date,
        f.product,
        f.horizon_minutes,
        f.model,
        f.minutes,
        f.training_sessions,
        f.training_rows,
        f.squared_returns,
        f.squared_errors,
        f.r2,
        f.r2_low,
        f.r2_high,
        f.r2_against_last_return,
        f.hit_rate,
        f.hit_rate_low,
        f.hit_rate_high,
        f.trades,
        f.cost_points,
        f.pnl_points,
        f.pnl_points_low,
        f.pnl_points_high,
        f.missing
    from {{ source('raw', 'forecasts') }} as f
    where {{ sessions_of_this_run('f.session_date') }}
)

select * from final
