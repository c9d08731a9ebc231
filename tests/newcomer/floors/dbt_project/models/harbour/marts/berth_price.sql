{{ config(materialized='view') }}

with

history as (
    select h.*
    from {{ ref('int_berth_price') }} as h
),

final as (
    select
        session_date,
        berth,
        price,
        price_of_late
    from history
)

select * from final
