{{ config(materialized='view', bind=false) }}

select
    b.name,
    {{ dbt.dateadd('minute', 1, 'b.bar_start') }} as bar_end,
    {{ dbt.datediff('b.session_date', 'b.bar_start', 'day') }} as days,
    {{ dbt.length('b.name') }} as letters
from {{ ref('stg_bars') }} as b
