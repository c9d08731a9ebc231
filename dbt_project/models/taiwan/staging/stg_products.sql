with

source as (
    select s.* from {{ source('raw', 'products') }} as s
),

renamed as (
    select
        -- ids
        product,
        underlying,

        -- texts
        name,
        kind,
        instrument,
        currency,
        expiry_rule,

        -- numerics
        multiplier,
        tick_size,

        -- timestamps
        valid_from,
        valid_to
    from source
)

select * from renamed
