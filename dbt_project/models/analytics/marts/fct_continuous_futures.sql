with

series as (
    select s.*
    from {{ ref('int_continuous_futures') }} as s
),

adjustments as (
    select a.*
    from {{ ref('dim_futures_adjustment') }} as a
),

adjusted as (
    select
        series.*,
        adjustments.difference as difference_adjustment,
        adjustments.ratio as ratio_adjustment
    from series
    inner join adjustments
        on
            series.product = adjustments.product
            and series.roll_rule = adjustments.roll_rule
            and series.position = adjustments.position
            and series.expiry = adjustments.expiry
),

final as (
    select
        session_date,
        product,
        roll_rule,
        position,
        session_part,
        scale_minutes,
        bar_start,
        expiry,
        open_price,
        high_price,
        low_price,
        close_price,
        mean_price,
        vwap,
        contracts,
        spread_contracts,
        trades,
        difference_adjustment,
        ratio_adjustment,
        open_price + difference_adjustment as difference_adjusted_open_price,
        high_price + difference_adjustment as difference_adjusted_high_price,
        low_price + difference_adjustment as difference_adjusted_low_price,
        close_price + difference_adjustment as difference_adjusted_close_price,
        open_price * ratio_adjustment as ratio_adjusted_open_price,
        high_price * ratio_adjustment as ratio_adjusted_high_price,
        low_price * ratio_adjustment as ratio_adjusted_low_price,
        close_price * ratio_adjustment as ratio_adjusted_close_price
    from adjusted
)

select * from final
