{{ config(
    materialized='incremental',
    incremental_strategy='by_session',
    on_schema_change='fail',
    dist='strike',
    sort=['session_date']
) }}

with

final as (
    select
        f.session_date,
        f.product,
        f.expiry,
        f.strike,
        f.session_part,
        f.call_contracts,
        f.put_contracts,
        f.call_turnover,
        f.put_turnover,
        f.call_open_interest,
        f.put_open_interest,
        f.call_open_interest_change,
        f.put_open_interest_change
    from {{ source('raw', 'option_flow') }} as f
    where {{ sessions_of_this_run('f.session_date') }}
)

select * from final
