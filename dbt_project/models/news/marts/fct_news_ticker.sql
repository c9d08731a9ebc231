with

history as (
    select h.*
    from {{ ref('int_news_ticker') }} as h
),

final as (
    select
        published_at,
        ticker,
        symbol,
        title,
        source,
        url,
        relevance_score,
        sentiment_score,
        sentiment_label,
        article_sentiment_score,
        article_id
    from history
)

select * from final
