{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='symbol',
    sort=['session_date', 'bar_start']
) }}

with

minutes as (
    select m.*
    from {{ source('raw', 'etf_deviation') }} as m
    where {{ sessions_of_this_run('m.session_date') }}
),

final as (
    select
        session_date,
        symbol,
        bar_start,
        index_id,
        priced_at,
        price,
        index_level,
        index_observed_at,
        index_age_seconds,
        ratio,
        reference_date,
        reference_ratio,
        reference_minutes,
        deviation_percent
    from minutes
)

select * from final
