with

periods as (
    select distinct
        dd.derivative_id,
        dd.expire,
        c.expire_code,
        c.valid_from,
        c.valid_to
    from {{ ref('derivative_detail_code') }} as c
    inner join {{ ref('derivative_detail') }} as dd on c.derivative_detail_id = dd.id
),

compared as (
    select
        derivative_id,
        expire,
        expire_code,
        valid_from,
        valid_to,
        lag(valid_to) over (
            partition by derivative_id, expire_code
            order by valid_from, valid_to
        ) as ended_before
    from periods
)

select *
from compared
where ended_before >= valid_from
