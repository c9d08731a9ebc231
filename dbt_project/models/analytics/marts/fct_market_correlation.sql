with

final as (
    select
        c.first_series,
        c.second_series,
        c.timing,
        c.days,
        c.first_day,
        c.last_day,
        c.correlation,
        c.correlation_low,
        c.correlation_high,
        c.p_value,
        c.adjusted_p_value,
        c.missing
    from {{ source('raw', 'market_correlations') }} as c
)

select * from final
