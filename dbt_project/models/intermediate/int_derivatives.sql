with

products as (
    select
        p.product,
        p.instrument,
        p.underlying,
        p.expiry_rule
    from {{ ref('stg_products') }} as p
),

etfs as (
    select
        e.symbol,
        e.underlying
    from {{ ref('stg_etfs') }} as e
),

indices as (
    select distinct i.index_id
    from {{ ref('stg_indices') }} as i
),

instruments as (
    select distinct
        instrument as derivative_type,
        product as name,
        underlying,
        expiry_rule
    from products
    union all
    select
        cast('ETF' as varchar(256)) as derivative_type,
        symbol as name,
        underlying,
        cast(null as varchar(256)) as expiry_rule
    from etfs
),

final as (
    select
        {{ hash_id('derivative', ['instruments.derivative_type', 'instruments.name']) }} as id,
        {{ hash_id('index', ['instruments.underlying']) }} as index_id,
        cast(instruments.name as varchar(256)) as name,
        cast(instruments.derivative_type as varchar(256)) as derivative_type,
        cast(instruments.expiry_rule as varchar(256)) as expiry_rule
    from instruments
    inner join indices on instruments.underlying = indices.index_id
)

select * from final
