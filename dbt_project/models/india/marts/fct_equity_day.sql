with

history as (
    select h.*
    from {{ ref('int_equity_day') }} as h
),

instruments as (
    select i.*
    from {{ ref('dim_instrument') }} as i
),

factors as (
    select f.*
    from {{ ref('dim_equity_factor') }} as f
),

final as (
    select
        instruments.instrument_id,
        history.session_date,
        history.symbol,
        history.series,
        history.isin,
        history.previous_close,
        history.open_price,
        history.high_price,
        history.low_price,
        history.close_price,
        history.last_price,
        history.vwap,
        history.shares,
        history.turnover_inr,
        history.trades,
        history.deliverable_shares,
        history.deliverable_percent,
        history.session_factor,
        history.corporate_actions,
        factors.factor as adjustment_factor,
        history.return_1,
        history.return_5,
        history.return_20,
        history.return_60,
        history.return_252,
        history.high_52_weeks,
        history.low_52_weeks,
        history.sessions_52_weeks,
        history.issued_shares,
        history.market_cap_inr,
        history.open_price * factors.factor as adjusted_open_price,
        history.high_price * factors.factor as adjusted_high_price,
        history.low_price * factors.factor as adjusted_low_price,
        history.close_price * factors.factor as adjusted_close_price,
        history.vwap * factors.factor as adjusted_vwap,
        cast(history.shares as double precision) / factors.factor as adjusted_shares
    from history
    inner join instruments
        on
            history.symbol = instruments.symbol
            and history.series = instruments.series
            and history.session_date between instruments.valid_from and instruments.valid_to
    left join factors
        on
            instruments.instrument_id = factors.instrument_id
            and history.session_date between factors.valid_from and factors.valid_to
)

select * from final
