with

runs as (
    select r.*
    from {{ ref('int_strategy_run') }} as r
),

final as (
    select
        strategy_id as id,
        min(strategy) as strategy,
        min(source_digest) as source_digest,
        min(accounts) as account_kind,
        count(case when kind = 'run' then 1 end) as runs,
        count(distinct universe) as universes
    from runs
    group by strategy_id
)

select * from final
