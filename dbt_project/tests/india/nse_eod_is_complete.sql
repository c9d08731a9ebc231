select
    e.session_date,
    e.symbol,
    e.series
from {{ source('raw', 'equities_daily') }} as e
left join {{ ref('int_nse_eod') }} as h
    on
        e.session_date = h.session_date
        and e.symbol = h.symbol
        and e.series = h.series
        and e.close = h.close_price
        and e.shares = h.ttl_trd_qnty
where {{ sessions_of_this_run('e.session_date') }} and h.symbol is null
