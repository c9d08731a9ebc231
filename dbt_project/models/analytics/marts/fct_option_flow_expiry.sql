with

final as (
    select
        s.session_date,
        s.product,
        s.expiry,
        s.session_part,
        s.call_contracts,
        s.put_contracts,
        s.call_turnover,
        s.put_turnover,
        s.call_open_interest,
        s.put_open_interest,
        s.call_open_interest_change,
        s.put_open_interest_change,
        s.put_call_contracts,
        s.put_call_turnover,
        s.put_call_open_interest,
        s.volume_weighted_strike,
        s.max_pain_strike,
        s.max_pain_payout
    from {{ source('raw', 'option_flow_expiries') }} as s
)

select * from final
