with

figures as (
    select f.*
    from {{ source('raw', 'strategy_figures') }} as f
    where f.scope = 'run'
),

runs as (
    select r.*
    from {{ ref('int_strategy_run') }} as r
),

final as (
    select
        runs.run_id,
        runs.strategy_id,
        runs.kind,
        runs.parameters,
        runs.universe,
        runs.first_date,
        runs.last_date,
        runs.terms,
        runs.tickers,
        runs.bars,
        runs.trades,
        figures.profit,
        figures.cagr,
        figures.volatility,
        figures.sharpe,
        figures.sharpe_low_95,
        figures.sharpe_high_95,
        figures.sortino,
        figures.max_drawdown,
        figures.max_drawdown_days,
        figures.turnover,
        figures.hit_rate,
        figures.exposure,
        figures.cost_paid,
        figures.alpha,
        figures.beta,
        figures.tracking_error,
        figures.information_ratio,
        figures.deflated_sharpe
    from runs
    left join figures on runs.run_id = figures.run_id
)

select * from final
