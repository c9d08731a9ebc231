with

final as (
    select
        s.session_date,
        s.symbol,
        s.instrument_id,
        s.stories,
        s.scored_stories,
        s.sentiment,
        s.scored_before_open,
        s.sentiment_before_open
    from {{ source('raw', 'news_sentiment_daily') }} as s
)

select * from final
