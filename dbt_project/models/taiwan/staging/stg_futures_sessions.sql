with

source as (
    select s.* from {{ source('raw', 'futures_sessions') }} as s
),

renamed as (
    select
        -- ids
        product,
        expiry,

        -- texts
        session_part,

        -- numerics
        "open" as price_open,
        high as price_high,
        low as price_low,
        close as price_close,
        mean as price_mean,
        std as price_std,
        vwap as price_vwap,
        contracts,
        spread_contracts,
        trades,

        -- timestamps
        session_date
    from source
)

select * from renamed
