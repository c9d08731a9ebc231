with

derivatives as (
    select
        d.name,
        d.derivative_type
    from {{ ref('int_derivatives') }} as d
),

bars as (
    select
        cast('Futures' as varchar(256)) as derivative_type,
        f.product as name,
        f.session_date,
        f.scale,
        f.contracts + f.spread_contracts as volume
    from {{ ref('stg_futures_bars') }} as f
    where f.price_open is not null and {{ sessions_of_this_run('f.session_date') }}
    union all
    select
        cast('Options' as varchar(256)) as derivative_type,
        o.product as name,
        o.session_date,
        o.scale,
        o.contracts as volume
    from {{ ref('stg_option_bars') }} as o
    where o.price_open is not null and {{ sessions_of_this_run('o.session_date') }}
    union all
    select
        cast('ETF' as varchar(256)) as derivative_type,
        e.symbol as name,
        e.session_date,
        e.scale,
        e.shares as volume
    from {{ ref('stg_etf_bars') }} as e
    where e.price_open is not null and {{ sessions_of_this_run('e.session_date') }}
),

both_sides as (
    select
        bars.session_date,
        bars.scale,
        bars.volume as bars_volume,
        0 as history_volume,
        1 as in_bars,
        0 as in_history
    from bars
    inner join derivatives
        on bars.derivative_type = derivatives.derivative_type and bars.name = derivatives.name
    union all
    select
        h.session_date,
        h.scale,
        0 as bars_volume,
        h.volume as history_volume,
        0 as in_bars,
        1 as in_history
    from {{ ref('int_derivative_history') }} as h
    where {{ sessions_of_this_run('h.session_date') }}
)

select
    session_date,
    scale,
    sum(in_bars) as in_bars,
    sum(in_history) as in_history,
    sum(bars_volume) as bars_volume,
    sum(history_volume) as history_volume
from both_sides
group by session_date, scale
having sum(in_bars) <> sum(in_history) or sum(bars_volume) <> sum(history_volume)
