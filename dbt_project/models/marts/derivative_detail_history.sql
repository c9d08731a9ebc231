with

derivatives as (
    select
        d.id,
        d.name
    from {{ ref('derivative') }} as d
    where d.derivative_type = 'Futures'
),

details as (
    select
        dd.id,
        dd.derivative_id,
        dd.expire
    from {{ ref('derivative_detail') }} as dd
),

bars as (
    select b.*
    from {{ ref('stg_futures_bars') }} as b
),

final as (
    select
        details.id as derivative_detail_id,
        bars.scale,
        bars.datetime,
        bars.price_open,
        bars.price_high,
        bars.price_low,
        bars.price_close,
        bars.price_mean,
        bars.price_std,
        cast(bars.contracts + bars.spread_contracts as bigint) as volume
    from bars
    inner join derivatives on bars.product = derivatives.name
    inner join details
        on
            derivatives.id = details.derivative_id
            and bars.expiry = details.expire
    where bars.price_open is not null
)

select * from final
