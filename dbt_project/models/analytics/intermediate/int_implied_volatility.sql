{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='product',
    sort=['session_date', 'observed_at']
) }}

with

options as (
    select o.*
    from {{ source('raw', 'implied_volatility') }} as o
    where {{ sessions_of_this_run('o.session_date') }}
),

final as (
    select
        session_date,
        product,
        expiry,
        strike,
        option_type,
        observed_at,
        session_part,
        traded_at,
        age_seconds,
        price,
        tick,
        forward,
        forward_error,
        forward_pairs,
        forward_age_seconds,
        years,
        moneyness,
        volatility,
        "delta",
        gamma,
        vega,
        theta,
        reason,
        violations
    from options
)

select * from final
