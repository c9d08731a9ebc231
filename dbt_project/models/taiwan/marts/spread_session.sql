with

sessions as (
    select s.*
    from {{ ref('int_spread_session') }} as s
),

final as (
    select
        spread_id,
        session_date,
        session_part,
        "open",
        high,
        low,
        close,
        vwap,
        contracts
    from sessions
)

select * from final
