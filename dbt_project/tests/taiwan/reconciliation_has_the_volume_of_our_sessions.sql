with

reconciled as (
    select
        r.session_date,
        r.session_part,
        r.product,
        r.expiry,
        r.strike,
        r.option_type,
        r.computed_contracts
    from {{ source('raw', 'reconciliation') }} as r
    where {{ sessions_of_this_run('r.session_date') }}
),

-- A session whose report is not there is not reconciled.
reports as (
    select distinct
        session_date,
        cast(
            case when option_type is null then 'Futures' else 'Options' end as varchar(256)
        ) as instrument
    from reconciled
),

sessions as (
    select
        f.session_date,
        f.session_part,
        cast('Futures' as varchar(256)) as instrument,
        f.product,
        f.expiry,
        cast(null as decimal(12, 4)) as strike,
        cast(null as varchar(256)) as option_type,
        f.contracts + f.spread_contracts as contracts
    from {{ source('raw', 'futures_sessions') }} as f
    where {{ sessions_of_this_run('f.session_date') }}
    union all
    select
        s.session_date,
        s.session_part,
        cast('Futures' as varchar(256)) as instrument,
        s.product,
        s.near_expiry || '/' || s.far_expiry as expiry,
        cast(null as decimal(12, 4)) as strike,
        cast(null as varchar(256)) as option_type,
        s.contracts
    from {{ source('raw', 'spread_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
    union all
    select
        o.session_date,
        o.session_part,
        cast('Options' as varchar(256)) as instrument,
        o.product,
        o.expiry,
        o.strike,
        o.option_type,
        o.contracts
    from {{ source('raw', 'option_sessions') }} as o
    where {{ sessions_of_this_run('o.session_date') }}
),

both_sides as (
    select
        session_date,
        session_part,
        product,
        expiry,
        strike,
        option_type,
        computed_contracts as in_reconciliation,
        0 as in_sessions
    from reconciled
    union all
    select
        sessions.session_date,
        sessions.session_part,
        sessions.product,
        sessions.expiry,
        sessions.strike,
        sessions.option_type,
        0 as in_reconciliation,
        sessions.contracts as in_sessions
    from sessions
    inner join reports
        on
            sessions.session_date = reports.session_date
            and sessions.instrument = reports.instrument
    where sessions.session_part <> 'whole'
)

select
    session_date,
    session_part,
    product,
    expiry,
    strike,
    option_type,
    sum(in_reconciliation) as in_reconciliation,
    sum(in_sessions) as in_sessions
from both_sides
group by session_date, session_part, product, expiry, strike, option_type
having sum(in_reconciliation) <> sum(in_sessions)
