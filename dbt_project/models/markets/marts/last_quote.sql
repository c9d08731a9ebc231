with

ranked as (
    select
        b.symbol,
        b.bar_start,
        b.close,
        b.volume,
        b.quotes,
        row_number() over (partition by b.symbol order by b.bar_start desc) as place
    from {{ ref('int_quote_bar') }} as b
    where b.scale_minutes = 1
),

final as (
    select
        symbol,
        bar_start,
        close as price,
        volume,
        quotes
    from ranked
    where place = 1
)

select * from final
