with

minutes as (
    select m.*
    from {{ ref('int_etf_deviation') }} as m
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
