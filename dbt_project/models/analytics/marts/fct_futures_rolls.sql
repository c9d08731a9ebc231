with

rolls as (
    select r.*
    from {{ source('raw', 'futures_rolls') }} as r
),

final as (
    select
        session_date,
        product,
        roll_rule,
        position,
        from_expiry,
        to_expiry,
        measured_on,
        gap,
        ratio,
        common_minutes,
        gap_reason
    from rolls
)

select * from final
