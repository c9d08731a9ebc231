{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail'
) }}

with

prices as (
    select p.*
    from {{ source('raw', 'harbour_prices') }} as p
    where {{ sessions_of_this_run('p.session_date') }}
),

averages as (
    select a.*
    from {{ source('raw', 'harbour_averages') }} as a
    where {{ sessions_of_this_run('a.session_date') }}
),

final as (
    select
        prices.session_date,
        prices.berth,
        prices.price,
        averages.price as price_of_late
    from prices
    inner join averages
        on
            prices.session_date = averages.session_date
            and prices.berth = averages.berth
)

select * from final
