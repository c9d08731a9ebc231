with

both_sides as (
    select
        b.session_date,
        b.scale,
        b.price_close as bars_close,
        0 as history_close,
        1 as in_bars,
        0 as in_history
    from {{ ref('stg_index_bars') }} as b
    where b.price_open is not null and {{ sessions_of_this_run('b.session_date') }}
    union all
    select
        h.session_date,
        h.scale,
        0 as bars_close,
        h.price_close as history_close,
        0 as in_bars,
        1 as in_history
    from {{ ref('int_index_history') }} as h
    where {{ sessions_of_this_run('h.session_date') }}
)

select
    session_date,
    scale,
    sum(in_bars) as in_bars,
    sum(in_history) as in_history
from both_sides
group by session_date, scale
having
    sum(in_bars) <> sum(in_history)
    or abs(sum(bars_close) - sum(history_close)) > 1e-9 * sum(bars_close)
