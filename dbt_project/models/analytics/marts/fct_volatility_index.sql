with

final as (
    select
        s.session_date,
        s.product,
        s.observed_at,
        s.volatility_index,
        s.reason,
        s.near_expiry,
        s.near_years,
        s.near_forward,
        s.near_k0,
        s.near_puts,
        s.near_calls,
        s.near_age_minutes,
        s.near_variance,
        s.next_expiry,
        s.next_years,
        s.next_forward,
        s.next_k0,
        s.next_puts,
        s.next_calls,
        s.next_age_minutes,
        s.next_variance
    from {{ source('raw', 'volatility_index') }} as s
)

select * from final
