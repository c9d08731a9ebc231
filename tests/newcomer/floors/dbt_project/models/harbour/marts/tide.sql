{{ config(materialized='view') }}

with

history as (
    select h.*
    from {{ ref('int_tide') }} as h
),

final as (
    select
        hour,
        height
    from history
)

select * from final
