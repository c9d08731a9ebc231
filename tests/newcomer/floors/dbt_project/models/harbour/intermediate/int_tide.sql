{{ config(
    materialized='incremental',
    incremental_strategy='by_hour',
    on_schema_change='fail'
) }}

with

tides as (
    select t.*
    from {{ source('raw', 'harbour_tides') }} as t
    where {{ hours_of_this_run('t.hour') }}
),

final as (
    select
        hour,
        height
    from tides
)

select * from final
