with

spreads as (
    select distinct
        s.id,
        s.derivative_id,
        s.name,
        s.near_id,
        s.far_id
    from {{ ref('int_spreads') }} as s
),

final as (
    select
        id,
        derivative_id,
        name,
        near_id,
        far_id
    from spreads
)

select * from final
