with

source as (
    select s.* from {{ source('raw', 'etfs') }} as s
),

renamed as (
    select
        -- ids
        symbol,
        underlying,

        -- texts
        name,

        -- numerics
        lot_shares,

        -- timestamps
        listed_on
    from source
)

select * from renamed
