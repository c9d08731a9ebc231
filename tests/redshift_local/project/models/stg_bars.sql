select
    s.session_date,
    s.name,
    s.bar_start,
    s."open" as price_open
from {{ source('raw', 'bars') }} as s
