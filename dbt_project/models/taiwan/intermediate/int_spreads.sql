{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='id',
    sort=['session_date']
) }}

with

futures as (
    select
        c.session_date,
        c.id,
        c.derivative_id,
        c.name,
        c.expire
    from {{ ref('int_contracts') }} as c
    where c.derivative_type = 'Futures' and {{ sessions_of_this_run('c.session_date') }}
),

traded as (
    select s.*
    from {{ ref('stg_spread_sessions') }} as s
    where s.session_part = 'whole' and {{ sessions_of_this_run('s.session_date') }}
),

final as (
    select
        traded.session_date,
        {{ hash_id('spread', [
            'traded.product', 'traded.near_expiry', 'traded.far_expiry'
        ]) }} as id,
        near_leg.derivative_id,
        cast(
            traded.product || ' ' || traded.near_expiry || '/' || traded.far_expiry
            as varchar(256)
        ) as name,
        near_leg.id as near_id,
        far_leg.id as far_id,
        traded.product,
        traded.near_expiry,
        traded.far_expiry
    from traded
    inner join futures as near_leg
        on
            traded.session_date = near_leg.session_date
            and traded.product = near_leg.name
            and traded.near_expiry = near_leg.expire
    inner join futures as far_leg
        on
            traded.session_date = far_leg.session_date
            and traded.product = far_leg.name
            and traded.far_expiry = far_leg.expire
)

select * from final
