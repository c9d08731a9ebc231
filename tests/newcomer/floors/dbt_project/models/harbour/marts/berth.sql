{{ config(materialized='table') }}

with

quays as (
    select q.*
    from {{ source('raw', 'harbour_quays') }} as q
),

final as (
    select
        berth,
        quay
    from quays
)

select * from final
