{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='index_id',
    sort=['session_date', 'datetime']
) }}

with

bars as (
    select b.*
    from {{ ref('stg_index_bars') }} as b
    where {{ sessions_of_this_run('b.session_date') }}
),

final as (
    select
        session_date,
        cast('day' as varchar(256)) as session_part,
        {{ hash_id('index', ['index_id']) }} as index_id,
        scale,
        datetime,
        price_open,
        price_high,
        price_low,
        price_close,
        price_mean,
        price_std
    from bars
    where price_open is not null
)

select * from final
