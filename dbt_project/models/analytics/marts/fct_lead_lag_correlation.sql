with

final as (
    select
        s.session_date,
        s.asset,
        s.other,
        s.lag_seconds,
        s.correlation,
        s.correlation_low,
        s.correlation_high
    from {{ source('raw', 'lead_lag_correlations') }} as s
)

select * from final
