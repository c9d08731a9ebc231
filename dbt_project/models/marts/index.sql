with

published_names as (
    select
        n.index_id,
        n.name,
        n.market
    from {{ ref('stg_indices') }} as n
),

bars as (
    select b.index_id
    from {{ ref('stg_index_bars') }} as b
),

mapped as (
    select
        index_id,
        min(name) as name,
        min(market) as market
    from published_names
    group by index_id
),

unmapped as (
    select distinct
        bars.index_id,
        bars.index_id as name,
        cast('TWSE' as varchar(256)) as market
    from bars
    left join mapped on bars.index_id = mapped.index_id
    where mapped.index_id is null
),

indices as (
    select * from mapped
    union all
    select * from unmapped
),

final as (
    select
        {{ hash_id('index', ['index_id']) }} as id,
        cast(name as varchar(256)) as name,
        cast(market as varchar(256)) as market
    from indices
)

select * from final
