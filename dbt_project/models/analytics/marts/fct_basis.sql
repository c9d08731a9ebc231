with

minutes as (
    select m.*
    from {{ ref('int_basis') }} as m
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
        basis_points,
        basis_percent,
        annualised_carry,
        fair_value,
        mispricing
    from minutes
)

select * from final
