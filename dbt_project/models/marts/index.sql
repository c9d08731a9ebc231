with

published_names as (
    select
        n.index_id,
        n.name,
        n.market
    from {{ ref('stg_indices') }} as n
),

published as (
    select distinct s.index_id
    from {{ ref('stg_index_sessions') }} as s
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
    select
        published.index_id,
        published.index_id as name,
        cast('TWSE' as varchar(256)) as market
    from published
    left join mapped on published.index_id = mapped.index_id
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
