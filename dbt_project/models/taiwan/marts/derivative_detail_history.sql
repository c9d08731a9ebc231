with

history as (
    select h.*
    from {{ ref('int_derivative_history') }} as h
),

final as (
    select
        derivative_detail_id,
        scale,
        datetime,
        price_open,
        price_high,
        price_low,
        price_close,
        price_mean,
        price_std,
        volume,
        session_date,
        session_part
    from history
)

select * from final
