with

sessions as (
    select s.*
    from {{ ref('int_derivative_session') }} as s
),

final as (
    select
        derivative_detail_id,
        session_date,
        session_part,
        "open",
        high,
        low,
        close,
        vwap,
        contracts,
        spread_contracts,
        settlement_price,
        open_interest,
        volume
    from sessions
)

select * from final
