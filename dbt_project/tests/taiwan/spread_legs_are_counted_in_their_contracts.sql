with

contracts as (
    select
        f.session_date,
        f.product,
        f.expiry,
        f.session_part,
        f.spread_contracts
    from {{ source('raw', 'futures_sessions') }} as f
    where {{ sessions_of_this_run('f.session_date') }}
),

spreads as (
    select
        s.session_date,
        s.product,
        s.near_expiry,
        s.far_expiry,
        s.session_part,
        s.contracts
    from {{ source('raw', 'spread_sessions') }} as s
    where {{ sessions_of_this_run('s.session_date') }}
),

both_sides as (
    select
        session_date,
        product,
        expiry,
        session_part,
        spread_contracts as counted,
        0 as traded
    from contracts
    union all
    select
        session_date,
        product,
        near_expiry as expiry,
        session_part,
        0 as counted,
        contracts as traded
    from spreads
    union all
    select
        session_date,
        product,
        far_expiry as expiry,
        session_part,
        0 as counted,
        contracts as traded
    from spreads
)

select
    session_date,
    product,
    expiry,
    session_part,
    sum(counted) as counted,
    sum(traded) as traded
from both_sides
group by session_date, product, expiry, session_part
having sum(counted) <> sum(traded)
