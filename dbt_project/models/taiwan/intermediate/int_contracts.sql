{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='id',
    sort=['session_date']
) }}

with

derivatives as (
    select
        d.id,
        d.name,
        d.derivative_type
    from {{ ref('int_derivatives') }} as d
),

-- The hour holds whatever traded: no other scale need be read to know what did.
option_hours as (
    select b.*
    from {{ ref('stg_option_bars') }} as b
    where b.scale = 60 and {{ sessions_of_this_run('b.session_date') }}
),

etf_hours as (
    select b.*
    from {{ ref('stg_etf_bars') }} as b
    where b.scale = 60 and {{ sessions_of_this_run('b.session_date') }}
),

-- Futures are contracts also where they were the legs of spreads alone.
futures as (
    select distinct
        c.session_date,
        cast('Futures' as varchar(256)) as derivative_type,
        c.product as name,
        c.expiry as expire,
        cast(null as decimal(12, 4)) as strike_price,
        cast(null as varchar(256)) as option_type
    from {{ ref('stg_contracts') }} as c
    where {{ sessions_of_this_run('c.session_date') }}
),

options as (
    select distinct
        session_date,
        cast('Options' as varchar(256)) as derivative_type,
        product as name,
        expiry as expire,
        strike as strike_price,
        option_type
    from option_hours
),

etfs as (
    select distinct
        session_date,
        cast('ETF' as varchar(256)) as derivative_type,
        symbol as name,
        cast(null as varchar(256)) as expire,
        cast(null as decimal(12, 4)) as strike_price,
        cast(null as varchar(256)) as option_type
    from etf_hours
),

contracts as (
    select * from futures
    union all
    select * from options
    union all
    select * from etfs
),

final as (
    select
        contracts.session_date,
        case contracts.derivative_type
            when 'Futures'
                then
                    {{ hash_id('derivative_detail', [
                        'contracts.derivative_type', 'contracts.name', 'contracts.expire'
                    ]) }}
            when 'Options'
                then
                    {{ hash_id('derivative_detail', [
                        'contracts.derivative_type', 'contracts.name', 'contracts.expire',
                        'contracts.strike_price', 'contracts.option_type'
                    ]) }}
            else
                {{ hash_id('derivative_detail', ['contracts.derivative_type', 'contracts.name']) }}
        end as id,
        derivatives.id as derivative_id,
        derivatives.derivative_type,
        derivatives.name,
        cast(contracts.expire as varchar(256)) as expire,
        cast(contracts.strike_price as decimal(12, 4)) as strike_price,
        cast(contracts.option_type as varchar(256)) as option_type
    from contracts
    inner join derivatives
        on
            contracts.derivative_type = derivatives.derivative_type
            and contracts.name = derivatives.name
)

select * from final
