{{ config(
    materialized='incremental',
    incremental_strategy='by_hour',
    on_schema_change='fail',
    dist='symbol',
    sort=['hour']
) }}

with

final as (
    select
        r.hour,
        r.symbol,
        r.scale_minutes,
        r.bar_start,
        r."open",
        r.high,
        r.low,
        r.close,
        r.vwap,
        r.volume,
        r.quotes
    from {{ source('raw', 'quote_bars') }} as r
    where {{ hours_of_this_run('r.hour') }}
)

select * from final
