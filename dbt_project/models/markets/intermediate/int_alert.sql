{{ config(
    materialized='incremental',
    incremental_strategy='by_hour',
    on_schema_change='fail',
    dist='alert_id',
    sort=['hour']
) }}

with

final as (
    select
        r.hour,
        r.alert_id,
        r.rule,
        r.symbol,
        r.kind,
        r.window_begin,
        r.window_end,
        r.price,
        r.reference_price,
        r.change_percent,
        r.volume,
        r.message,
        r.receivers,
        r.decided_at,
        r.sent_to,
        r.sent_at
    from {{ source('raw', 'alerts') }} as r
    where {{ hours_of_this_run('r.hour') }}
)

select * from final
