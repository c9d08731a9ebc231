with

sessions as (
    select s.*
    from {{ ref('int_index_session') }} as s
),

final as (
    select
        index_id,
        session_date,
        session_part,
        "open",
        high,
        low,
        close
    from sessions
)

select * from final
