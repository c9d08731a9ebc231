with

source as (
    select s.* from {{ source('raw', 'index_sessions') }} as s
),

renamed as (
    select
        -- ids
        index_id,

        -- texts
        session_part,

        -- numerics
        "open" as price_open,
        high as price_high,
        low as price_low,
        close as price_close,
        mean as price_mean,
        std as price_std,
        ticks,

        -- timestamps
        session_date
    from source
)

select * from renamed
