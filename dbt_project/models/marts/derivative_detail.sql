with

derivatives as (
    select
        d.id,
        d.name,
        d.derivative_type
    from {{ ref('derivative') }} as d
),

contracts as (
    select distinct
        c.product,
        c.expiry
    from {{ ref('stg_contracts') }} as c
),

futures as (
    select
        derivatives.id as derivative_id,
        derivatives.derivative_type,
        derivatives.name,
        contracts.expiry as expire
    from derivatives
    inner join contracts on derivatives.name = contracts.product
    where derivatives.derivative_type = 'Futures'
),

final as (
    select
        {{ hash_id('derivative_detail', ['derivative_type', 'name', 'expire']) }} as id,
        derivative_id,
        cast(expire as varchar(256)) as expire,
        cast(null as decimal(12, 4)) as strike_price,
        cast(null as varchar(256)) as option_type
    from futures
)

select * from final
