{{ config(materialized='table', dist='all', sort='id', contract={'enforced': true}) }}

select distinct
    cast(strtol(substring(md5(b.name), 1, 15), 16) as bigint) as id,
    cast(b.name as varchar(256)) as name,
    cast(1.5 as decimal(12, 4)) as weight
from {{ ref('stg_bars') }} as b
