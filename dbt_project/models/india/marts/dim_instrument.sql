with

spells as (
    select s.*
    from {{ source('raw', 'instruments') }} as s
),

final as (
    select
        {{ hash_id('instrument', ['instrument_id', 'series', 'valid_from']) }} as id,
        instrument_id,
        symbol,
        series,
        isin,
        name,
        industry,
        is_own_series,
        valid_from,
        valid_to,
        is_own_series and valid_to = max(case when is_own_series then valid_to end) over (
            partition by instrument_id
        ) as is_current
    from spells
)

select * from final
