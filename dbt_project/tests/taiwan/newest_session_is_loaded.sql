-- Knows the calendar, as dbt's own freshness does not: a holiday is no session, and one of today
-- counts five hours after its close (18:30 in Taipei), when the publishers are done.
with

due as (
    select max(s.session_date) as newest
    from {{ source('raw', 'sessions') }} as s
    where s.exchange = 'XTAI' and s.closed_at < {{ hours_ago(5) }}
),

loaded as (
    select max(cast(l.key as date)) as newest
    from {{ source('raw', 'loads') }} as l
    where l.subject = 'taiwan' and l.key <> ''
)

select
    due.newest as due_session_date,
    loaded.newest as loaded_session_date
from due
cross join loaded
where due.newest > loaded.newest
