{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='index_id',
    sort=['session_date']
) }}

with

sessions as (
    select s.*
    from {{ ref('stg_index_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

final as (
    select
        {{ hash_id('index', ['index_id']) }} as index_id,
        session_date,
        session_part,
        price_open as "open",
        price_high as high,
        price_low as low,
        price_close as close
    from sessions
    where price_open is not null
)

select * from final
