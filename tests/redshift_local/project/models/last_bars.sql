{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='name',
    dist='even'
) }}

select
    b.name,
    max(b.bar_start) as bar_start
from {{ ref('stg_bars') }} as b
group by b.name
