with

history as (
    select h.*
    from {{ ref('int_implied_volatility') }} as h
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
    from history
)

select * from final
