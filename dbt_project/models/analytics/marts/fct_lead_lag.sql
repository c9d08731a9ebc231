with

final as (
    select
        s.session_date,
        s.asset,
        s.other,
        s.expiry,
        s.other_expiry,
        s.prices,
        s.other_prices,
        s.lead_seconds,
        s.lead_low_seconds,
        s.lead_high_seconds,
        s.leader,
        s.correlation,
        s.lead_lag_ratio,
        s.information_share_low,
        s.information_share_high,
        s.component_share,
        s.cointegration_statistic,
        s.cointegration_p_value,
        s.basis_half_life_seconds
    from {{ source('raw', 'lead_lag') }} as s
)

select * from final
