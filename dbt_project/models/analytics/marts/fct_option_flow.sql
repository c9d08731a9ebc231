with

flow as (
    select f.*
    from {{ ref('int_option_flow') }} as f
),

final as (
    select
        session_date,
        product,
        expiry,
        strike,
        session_part,
        call_contracts,
        put_contracts,
        call_turnover,
        put_turnover,
        call_open_interest,
        put_open_interest,
        call_open_interest_change,
        put_open_interest_change
    from flow
)

select * from final
