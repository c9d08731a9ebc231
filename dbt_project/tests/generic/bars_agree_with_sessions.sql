{#
    Holds where, in the sessions of this run, every scale of the bars of an instrument and the
    session's own row tell the same of each part of the session and of the whole of it: equal sums,
    the same lowest and highest price, none of the scales absent, no row twice.

    Args:
        sessions: the relation that holds the figures of the parts and of the whole.
        key: columns, of both, that name an instrument.
        sums: columns, of both, that add up.
        part: the part of the session that a bar lies in.
#}
{% test bars_agree_with_sessions(model, sessions, key, sums, part='session_part') %}
    with

    bars as (
        select
            *,
            cast({{ part }} as varchar(256)) as part
        from {{ model }}
        where {{ sessions_of_this_run() }}
    ),

    by_part as (
        select
            session_date,
            {{ key | join(', ') }},
            part,
            scale_minutes as scale,
            {% for column in sums %}
                sum(coalesce({{ column }}, 0)) as {{ column }},
            {% endfor %}
            min(low) as lowest,
            max(high) as highest
        from bars
        group by session_date, {{ key | join(', ') }}, part, scale_minutes
    ),

    by_whole as (
        select
            session_date,
            {{ key | join(', ') }},
            cast('whole' as varchar(256)) as part,
            scale,
            {% for column in sums %}
                sum({{ column }}) as {{ column }},
            {% endfor %}
            min(lowest) as lowest,
            max(highest) as highest
        from by_part
        group by session_date, {{ key | join(', ') }}, scale
    ),

    of_sessions as (
        select
            session_date,
            {{ key | join(', ') }},
            session_part as part,
            0 as scale,
            {% for column in sums %}
                coalesce({{ column }}, 0) as {{ column }},
            {% endfor %}
            low as lowest,
            high as highest
        from {{ sessions }} as s
        where {{ sessions_of_this_run('s.session_date') }}
    ),

    told as (
        select * from by_part
        union all
        select * from by_whole
        union all
        select * from of_sessions
    )

    select
        session_date,
        {{ key | join(', ') }},
        part,
        count(*) as told_by
    from told
    group by session_date, {{ key | join(', ') }}, part
    having
        count(*) <> 6
        or count(distinct scale) <> 6
        {% for column in sums + ['lowest', 'highest'] %}
            or min({{ column }}) <> max({{ column }})
            or count({{ column }}) not in (0, count(*))
        {% endfor %}
{% endtest %}
