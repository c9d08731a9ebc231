{{ config(
    materialized='incremental',
    incremental_strategy='by_hour',
    on_schema_change='fail',
    dist='operation_id',
    sort=['hour']
) }}

with

final as (
    select
        r.hour,
        r.operation_id,
        r.traded_at,
        r.person_name,
        r.symbol,
        r.exchange,
        r.currency,
        r.price,
        r.operation,
        r.arrived_at
    from {{ source('raw', 'trade_events') }} as r
    where {{ hours_of_this_run('r.hour') }}
)

select * from final
