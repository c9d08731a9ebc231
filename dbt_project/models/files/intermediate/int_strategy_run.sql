{{ config(materialized='table', dist='all') }}

with

runs as (
    select r.*
    from {{ source('raw', 'strategy_runs') }} as r
),

final as (
    select
        run_id,
        {{ hash_id('strategy', ['strategy', "coalesce(source_digest, '')"]) }} as strategy_id,
        kind,
        strategy,
        source_digest,
        accounts,
        parameters,
        universe,
        first_date,
        last_date,
        terms,
        tickers,
        bars,
        trades
    from runs
)

select * from final
