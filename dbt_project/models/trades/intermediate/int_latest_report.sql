with

reported as (
    select
        e.*,
        -- A report of a later hour corrects one of an earlier hour.
        row_number() over (
            partition by e.operation_id
            order by e.traded_at desc, e.arrived_at desc
        ) as place
    from {{ ref('int_trade_event') }} as e
),

final as (
    select
        operation_id,
        traded_at,
        person_name,
        symbol,
        exchange,
        currency,
        price,
        operation,
        arrived_at
    from reported
    where place = 1
)

select * from final
