with

final as (
    select
        r.operation_id,
        r.traded_at,
        r.person_name,
        r.symbol,
        r.exchange,
        r.currency,
        r.price,
        r.arrived_at
    from {{ ref('int_latest_report') }} as r
    where r.operation = 'purchase'
)

select * from final
