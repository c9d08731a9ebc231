{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='product',
    sort=['session_date', 'bar_start']
) }}

with

minutes as (
    select m.*
    from {{ source('raw', 'basis') }} as m
    where {{ sessions_of_this_run('m.session_date') }}
),

final as (
    select
        session_date,
        product,
        expiry,
        bar_start,
        session_part,
        index_id,
        priced_at,
        future_price,
        index_level,
        index_observed_at,
        index_age_seconds,
        days_to_settlement,
        basis as basis_points,
        basis_percent,
        annualised_carry,
        fair_value,
        mispricing
    from minutes
)

select * from final
