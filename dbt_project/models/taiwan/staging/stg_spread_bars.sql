with

source as (
    select s.* from {{ source('raw', 'spread_bars') }} as s
),

renamed as (
    select
        -- ids
        product,
        near_expiry,
        far_expiry,

        -- texts
        session_part,

        -- numerics
        scale_minutes as scale,
        "open" as price_open,
        high as price_high,
        low as price_low,
        close as price_close,
        mean as price_mean,
        std as price_std,
        vwap as price_vwap,
        contracts,
        trades,

        -- timestamps
        session_date,
        bar_start as datetime
    from source
)

select * from renamed
