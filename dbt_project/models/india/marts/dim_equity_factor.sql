with

factors as (
    select f.*
    from {{ source('raw', 'equity_factors') }} as f
),

final as (
    select
        instrument_id,
        valid_from,
        valid_to,
        factor
    from factors
)

select * from final
