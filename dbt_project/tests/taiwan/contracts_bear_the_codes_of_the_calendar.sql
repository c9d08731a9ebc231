with

contracts as (
    select
        c.session_date,
        c.product,
        c.expiry,
        c.expire_code
    from {{ ref('stg_contracts') }} as c
    where {{ sessions_of_this_run('c.session_date') }}
),

rules as (
    select
        p.product,
        p.expiry_rule,
        p.valid_from,
        p.valid_to
    from {{ ref('stg_products') }} as p
),

expire_codes as (
    select
        e.expiry_rule,
        e.expiry,
        e.expire_code,
        e.valid_from,
        e.valid_to
    from {{ ref('stg_expire_codes') }} as e
),

contracts_with_rule as (
    select
        contracts.session_date,
        contracts.product,
        contracts.expiry,
        contracts.expire_code,
        rules.expiry_rule
    from contracts
    inner join rules
        on
            contracts.product = rules.product
            and contracts.session_date >= rules.valid_from
            and (rules.valid_to is null or contracts.session_date <= rules.valid_to)
),

sessions_of_contracts as (
    select distinct
        session_date,
        product,
        expiry,
        expiry_rule
    from contracts_with_rule
),

both_sides as (
    select
        session_date,
        product,
        expiry,
        expire_code,
        1 as borne,
        0 as due
    from contracts_with_rule
    where expire_code is not null
    union all
    select
        sessions_of_contracts.session_date,
        sessions_of_contracts.product,
        sessions_of_contracts.expiry,
        expire_codes.expire_code,
        0 as borne,
        1 as due
    from sessions_of_contracts
    inner join expire_codes
        on
            sessions_of_contracts.expiry_rule = expire_codes.expiry_rule
            and sessions_of_contracts.expiry = expire_codes.expiry
    where
        sessions_of_contracts.session_date
        between expire_codes.valid_from and expire_codes.valid_to
)

select
    session_date,
    product,
    expiry,
    expire_code,
    sum(borne) as borne,
    sum(due) as due
from both_sides
group by session_date, product, expiry, expire_code
having sum(borne) <> sum(due)
