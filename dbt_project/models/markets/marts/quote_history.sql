with

history as (
    select b.*
    from {{ ref('int_quote_bar') }} as b
),

final as (
    select
        symbol,
        scale_minutes,
        bar_start,
        "open",
        high,
        low,
        close,
        vwap,
        volume,
        quotes
    from history
)

select * from final
