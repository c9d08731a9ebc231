with

calendar as (
    select
        s.session_date,
        s.previous_session_date
    from {{ source('raw', 'sessions') }} as s
    where s.exchange = 'XTAI'
),

days as (
    select
        r.session_date,
        r.asset,
        r.daily_volatility
    from {{ source('raw', 'realised_volatility') }} as r
    where r.session_part = 'day'
),

forecasts as (
    select f.*
    from {{ source('raw', 'volatility_forecasts') }} as f
),

final as (
    select
        f.session_date,
        f.asset,
        f.yang_zhang_volatility,
        f.next_session_volatility,
        f.next_session_sample,
        f.next_session_missing,
        f.next_month_volatility,
        f.next_month_sample,
        f.next_month_missing,
        f.implied_volatility,
        f.variance_risk_premium,
        calendar.session_date as following_session_date,
        days.daily_volatility as following_volatility
    from forecasts as f
    left join calendar on f.session_date = calendar.previous_session_date
    left join days on calendar.session_date = days.session_date and f.asset = days.asset
)

select * from final
