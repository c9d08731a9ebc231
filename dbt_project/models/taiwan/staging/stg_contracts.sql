with

source as (
    select s.* from {{ source('raw', 'contracts') }} as s
),

renamed as (
    select
        -- ids
        product,
        expiry,

        -- texts
        expire_code,

        -- booleans
        product_assumed,

        -- timestamps
        session_date,
        last_trading_date,
        final_settlement_date
    from source
)

select * from renamed
