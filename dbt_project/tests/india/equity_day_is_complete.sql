with

instruments as (
    select i.*
    from {{ source('raw', 'instruments') }} as i
    where i.is_own_series
),

traded as (
    select distinct
        e.session_date,
        instruments.instrument_id
    from {{ source('raw', 'equities_daily') }} as e
    inner join instruments
        on
            e.symbol = instruments.symbol
            and e.series = instruments.series
            and e.session_date between instruments.valid_from and instruments.valid_to
    where {{ sessions_of_this_run('e.session_date') }}
),

shown as (
    select distinct
        h.session_date,
        instruments.instrument_id
    from {{ ref('int_equity_day') }} as h
    inner join instruments
        on
            h.symbol = instruments.symbol
            and h.series = instruments.series
            and h.session_date between instruments.valid_from and instruments.valid_to
    where {{ sessions_of_this_run('h.session_date') }}
)

select
    traded.session_date,
    traded.instrument_id
from traded
left join shown
    on
        traded.session_date = shown.session_date
        and traded.instrument_id = shown.instrument_id
where shown.instrument_id is null
