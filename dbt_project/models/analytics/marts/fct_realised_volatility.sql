with

final as (
    select
        s.session_date,
        s.asset,
        s.session_part,
        s.expiry,
        s.prints,
        s.span_minutes,
        s."open",
        s.high,
        s.low,
        s.close,
        s.previous_close,
        s.overnight_return,
        s.realised_volatility,
        s.subsampled_volatility,
        s.bipower_volatility,
        s.kernel_volatility,
        s.kernel_bandwidth,
        s.parkinson_volatility,
        s.garman_klass_volatility,
        s.daily_volatility,
        s.jump_statistic,
        s.jump_p_value,
        s.jump_share
    from {{ source('raw', 'realised_volatility') }} as s
)

select * from final
