with

series as (
    select s.*
    from {{ ref('int_continuous_futures') }} as s
    where s.scale_minutes = 60
),

rolls as (
    select r.*
    from {{ ref('fct_futures_rolls') }} as r
),

contracts as (
    select
        product,
        roll_rule,
        position,
        expiry,
        min(session_date) as first_session,
        max(session_date) as last_session
    from series
    group by product, roll_rule, position, expiry
),

followed as (
    select
        product,
        roll_rule,
        position,
        expiry,
        first_session,
        last_session,
        lag(expiry) over (
            partition by product, roll_rule, position
            order by expiry desc
        ) as next_expiry
    from contracts
),

-- Where sessions between two contracts are not in the lake, no roll joins them.
steps as (
    select
        followed.*,
        case when followed.next_expiry is null then 0.0 else rolls.gap end as step,
        case when followed.next_expiry is null then 0.0 else ln(rolls.ratio) end as log_step
    from followed
    left join rolls
        on
            followed.product = rolls.product
            and followed.roll_rule = rolls.roll_rule
            and followed.position = rolls.position
            and followed.expiry = rolls.from_expiry
            and followed.next_expiry = rolls.to_expiry
),

summed as (
    select
        product,
        roll_rule,
        position,
        expiry,
        first_session,
        last_session,
        sum(step) over (
            partition by product, roll_rule, position
            order by expiry desc
            rows between unbounded preceding and current row
        ) as difference,
        sum(log_step) over (
            partition by product, roll_rule, position
            order by expiry desc
            rows between unbounded preceding and current row
        ) as log_ratio,
        max(case when step is null then 1 else 0 end) over (
            partition by product, roll_rule, position
            order by expiry desc
            rows between unbounded preceding and current row
        ) as unknown_steps
    from steps
),

final as (
    select
        product,
        roll_rule,
        position,
        expiry,
        first_session,
        last_session,
        case when unknown_steps = 0 then difference end as difference,
        case when unknown_steps = 0 then exp(log_ratio) end as ratio
    from summed
)

select * from final
