with

contracts as (
    select distinct
        c.id,
        c.derivative_id,
        c.expire,
        c.strike_price,
        c.option_type
    from {{ ref('int_contracts') }} as c
),

final as (
    select
        id,
        derivative_id,
        expire,
        strike_price,
        option_type
    from contracts
)

select * from final
