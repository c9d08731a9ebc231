{{ config(dist='run_id', sort=['run_id', 'bar_at']) }}

with

bars as (
    select
        e.run_id,
        e.bar_at,
        e.equity,
        e.cash,
        e.long_value,
        e.short_value,
        e.paid_in,
        coalesce(lag(e.equity) over (partition by e.run_id order by e.bar_at), 0) as equity_before
    from {{ source('raw', 'strategy_equity') }} as e
),

final as (
    select
        run_id,
        bar_at,
        equity,
        cash,
        long_value,
        short_value,
        paid_in,
        case
            when equity_before + paid_in > 0
                then cast(equity as double precision) / (equity_before + paid_in) - 1
        end as bar_return
    from bars
)

select * from final
