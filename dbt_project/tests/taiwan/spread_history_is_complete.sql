with

derivatives as (
    select d.name
    from {{ ref('int_derivatives') }} as d
    where d.derivative_type = 'Futures'
),

bars as (
    select
        b.product,
        b.session_date,
        b.scale,
        b.contracts
    from {{ ref('stg_spread_bars') }} as b
    where {{ sessions_of_this_run('b.session_date') }}
),

both_sides as (
    select
        bars.session_date,
        bars.scale,
        bars.contracts as bars_volume,
        0 as history_volume
    from bars
    inner join derivatives on bars.product = derivatives.name
    union all
    select
        h.session_date,
        h.scale,
        0 as bars_volume,
        h.volume as history_volume
    from {{ ref('int_spread_history') }} as h
    where {{ sessions_of_this_run('h.session_date') }}
)

select
    session_date,
    scale,
    sum(bars_volume) as bars_volume,
    sum(history_volume) as history_volume
from both_sides
group by session_date, scale
having sum(bars_volume) <> sum(history_volume)
