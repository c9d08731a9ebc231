with

contracts as (
    select distinct c.product
    from {{ ref('stg_contracts') }} as c
),

products as (
    select distinct
        p.product,
        p.underlying
    from {{ ref('stg_products') }} as p
),

indices as (
    select i.id
    from {{ ref('index') }} as i
),

futures as (
    select
        contracts.product as name,
        cast('Futures' as varchar(256)) as derivative_type,
        indices.id as index_id
    from contracts
    inner join products on contracts.product = products.product
    inner join indices on {{ hash_id('index', ['products.underlying']) }} = indices.id
),

final as (
    select
        {{ hash_id('derivative', ['derivative_type', 'name']) }} as id,
        index_id,
        cast(name as varchar(256)) as name,
        derivative_type
    from futures
)

select * from final
