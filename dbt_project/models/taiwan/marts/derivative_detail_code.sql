with

derivatives as (
    select
        d.id,
        d.expiry_rule
    from {{ ref('int_derivatives') }} as d
),

details as (
    select
        dd.id,
        dd.derivative_id,
        dd.expire
    from {{ ref('derivative_detail') }} as dd
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

final as (
    select
        details.id as derivative_detail_id,
        expire_codes.expire_code,
        expire_codes.valid_from,
        expire_codes.valid_to
    from details
    inner join derivatives on details.derivative_id = derivatives.id
    inner join expire_codes
        on
            derivatives.expiry_rule = expire_codes.expiry_rule
            and details.expire = expire_codes.expiry
)

select * from final
