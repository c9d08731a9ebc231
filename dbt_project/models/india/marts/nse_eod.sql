with

history as (
    select h.*
    from {{ ref('int_nse_eod') }} as h
),

final as (
    select
        symbol,
        series,
        session_date,
        isin,
        prev_close,
        open_price,
        high_price,
        low_price,
        last_price,
        close_price,
        avg_price,
        ttl_trd_qnty,
        turnover_lacs,
        no_of_trades,
        deliv_qty,
        deliv_per,
        source_formats
    from history
)

select * from final
