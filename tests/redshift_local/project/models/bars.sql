{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    dist='name',
    sort=['name', 'bar_start'],
    on_schema_change='fail'
) }}

select b.*
from {{ ref('stg_bars') }} as b
