with

source as (
    select s.* from {{ source('raw', 'daily_report') }} as s
),

renamed as (
    select
        -- ids
        product,
        expiry,
        strike,
        option_type,

        -- texts
        session_part,
        instrument,

        -- numerics
        "open" as price_open,
        high as price_high,
        low as price_low,
        close as price_close,
        contracts,
        settlement_price,
        open_interest,

        -- timestamps
        session_date
    from source
)

select * from renamed
