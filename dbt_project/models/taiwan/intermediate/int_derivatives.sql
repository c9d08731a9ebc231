with

products as (
    select
        p.product,
        p.name,
        p.instrument,
        p.underlying,
        p.expiry_rule
    from {{ ref('stg_products') }} as p
),

etfs as (
    select
        e.symbol,
        e.name,
        e.underlying
    from {{ ref('stg_etfs') }} as e
),

indices as (
    select distinct i.index_id
    from {{ ref('stg_indices') }} as i
),

instruments as (
    select
        instrument as derivative_type,
        product as name,
        underlying,
        expiry_rule,
        max(name) as full_name
    from products
    group by instrument, product, underlying, expiry_rule
    union all
    select
        cast('ETF' as varchar(256)) as derivative_type,
        symbol as name,
        underlying,
        cast(null as varchar(256)) as expiry_rule,
        name as full_name
    from etfs
),

final as (
    select
        {{ hash_id('derivative', ['instruments.derivative_type', 'instruments.name']) }} as id,
        {{ hash_id('index', ['instruments.underlying']) }} as index_id,
        cast(instruments.name as varchar(256)) as name,
        cast(instruments.derivative_type as varchar(256)) as derivative_type,
        cast(instruments.expiry_rule as varchar(256)) as expiry_rule,
        -- The Chinese name stands in parentheses behind the English one.
        cast(
            nullif(split_part(split_part(instruments.full_name, '(', 2), ')', 1), '')
            as varchar(256)
        ) as name_chinese
    from instruments
    inner join indices on instruments.underlying = indices.index_id
)

select * from final
