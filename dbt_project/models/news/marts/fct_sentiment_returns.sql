with

final as (
    select
        r.horizon_sessions,
        r.sentiment_class,
        r.events,
        r.sessions,
        r.mean_return,
        r.low_95,
        r.high_95,
        r.degrees_of_freedom,
        r.too_few
    from {{ source('raw', 'sentiment_returns') }} as r
)

select * from final
