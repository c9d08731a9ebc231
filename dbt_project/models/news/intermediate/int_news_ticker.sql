{{ config(
    materialized='incremental',
    incremental_strategy='by_hour',
    on_schema_change='fail',
    dist='article_id',
    sort=['hour']
) }}

with

tickers as (
    select t.*
    from {{ source('raw', 'news_tickers') }} as t
    where {{ hours_of_this_run('t.hour') }}
),

articles as (
    select a.*
    from {{ source('raw', 'news_articles') }} as a
    where {{ hours_of_this_run('a.hour') }}
),

final as (
    select
        tickers.hour,
        tickers.article_id,
        tickers.ticker,
        tickers.symbol,
        articles.published_at,
        articles.title,
        articles.source,
        articles.url,
        tickers.relevance_score,
        tickers.sentiment_score,
        tickers.sentiment_label,
        articles.sentiment_score as article_sentiment_score
    from tickers
    inner join articles
        on
            tickers.hour = articles.hour
            and tickers.article_id = articles.article_id
)

select * from final
