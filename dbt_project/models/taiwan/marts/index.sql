with

published_names as (
    select
        n.index_name,
        n.index_id,
        n.name,
        n.market
    from {{ ref('stg_indices') }} as n
),

published as (
    select distinct s.index_id
    from {{ ref('stg_index_sessions') }} as s
),

-- Of several published names the last in the order of characters: which is the newest is not said.
mapped as (
    select
        index_id,
        min(name) as name,
        min(market) as market,
        max(index_name) as name_chinese
    from published_names
    group by index_id
),

unmapped as (
    select
        published.index_id,
        published.index_id as name,
        cast('TWSE' as varchar(256)) as market,
        published.index_id as name_chinese
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
        cast(market as varchar(256)) as market,
        cast(name_chinese as varchar(256)) as name_chinese
    from indices
)

select * from final
