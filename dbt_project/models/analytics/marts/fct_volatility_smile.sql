with

history as (
    select h.*
    from {{ ref('int_volatility_smile') }} as h
),

final as (
    select
        session_date,
        product,
        expiry,
        observed_at,
        session_part,
        years,
        forward,
        strikes,
        moneyness_low,
        moneyness_high,
        svi_a,
        svi_b,
        svi_rho,
        svi_m,
        svi_sigma,
        rms_points,
        rms_ticks,
        atm_volatility,
        atm_skew,
        least_density_factor,
        crossedness,
        options,
        violations,
        reason
    from history
)

select * from final
