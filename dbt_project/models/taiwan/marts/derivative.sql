with

known as (
    select
        d.id,
        d.index_id,
        d.name,
        d.derivative_type,
        d.name_chinese
    from {{ ref('int_derivatives') }} as d
),

traded as (
    select distinct dd.derivative_id
    from {{ ref('derivative_detail') }} as dd
),

final as (
    select
        known.id,
        known.index_id,
        known.name,
        known.derivative_type,
        known.name_chinese
    from known
    inner join traded on known.id = traded.derivative_id
)

select * from final
