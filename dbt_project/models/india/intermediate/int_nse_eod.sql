{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='symbol',
    sort=['session_date']
) }}

with

equities as (
    select e.*
    from {{ source('raw', 'equities_daily') }} as e
    where {{ sessions_of_this_run('e.session_date') }}
),

final as (
    select
        session_date,
        symbol,
        series,
        isin,
        previous_close as prev_close,
        "open" as open_price,
        high as high_price,
        low as low_price,
        last as last_price,
        close as close_price,
        vwap as avg_price,
        shares as ttl_trd_qnty,
        trades as no_of_trades,
        deliverable_shares as deliv_qty,
        source_formats,
        cast(turnover_inr as double precision) / 100000 as turnover_lacs,
        cast(deliverable_shares as double precision) / nullif(shares, 0) * 100 as deliv_per
    from equities
)

select * from final
