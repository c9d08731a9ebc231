{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='spread_id',
    sort=['session_date']
) }}

with

spreads as (
    select s.*
    from {{ ref('int_spreads') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

sessions as (
    select s.*
    from {{ ref('stg_spread_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

final as (
    select
        spreads.id as spread_id,
        sessions.session_date,
        sessions.session_part,
        sessions.price_open as "open",
        sessions.price_high as high,
        sessions.price_low as low,
        sessions.price_close as close,
        sessions.price_vwap as vwap,
        cast(sessions.contracts as bigint) as contracts
    from sessions
    inner join spreads
        on
            sessions.session_date = spreads.session_date
            and sessions.product = spreads.product
            and sessions.near_expiry = spreads.near_expiry
            and sessions.far_expiry = spreads.far_expiry
)

select * from final
