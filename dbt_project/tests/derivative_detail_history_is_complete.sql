with

derivatives as (
    select
        p.product,
        i.id as index_id
    from {{ ref('stg_products') }} as p
    inner join {{ ref('index') }} as i on {{ hash_id('index', ['p.underlying']) }} = i.id
    group by p.product, i.id
),

both_sides as (
    select
        b.scale,
        b.contracts + b.spread_contracts as bars_volume,
        0 as history_volume,
        1 as in_bars,
        0 as in_history
    from {{ ref('stg_futures_bars') }} as b
    inner join derivatives on b.product = derivatives.product
    where b.price_open is not null
    union all
    select
        h.scale,
        0 as bars_volume,
        h.volume as history_volume,
        0 as in_bars,
        1 as in_history
    from {{ ref('derivative_detail_history') }} as h
)

select
    scale,
    sum(in_bars) as in_bars,
    sum(in_history) as in_history,
    sum(bars_volume) as bars_volume,
    sum(history_volume) as history_volume
from both_sides
group by scale
having sum(in_bars) <> sum(in_history) or sum(bars_volume) <> sum(history_volume)
