with

final as (
    select
        c.hour,
        c.exchange,
        cast(sum(c.purchases) as bigint) as purchases,
        cast(sum(c.sales) as bigint) as sales,
        count(*) as symbols
    from {{ source('raw', 'trade_counts') }} as c
    group by c.hour, c.exchange
)

select * from final
