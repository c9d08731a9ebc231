with

source as (
    select s.* from {{ source('raw', 'expire_codes') }} as s
),

renamed as (
    select
        -- ids
        expiry_rule,
        expiry,

        -- texts
        expire_code,

        -- timestamps
        valid_from,
        valid_to
    from source
)

select * from renamed
