{#
    Holds where the prices of each part of a session, and of the whole of it, are those of the hours
    in a history: the first open, the highest high, the lowest low, the last close. A part without a
    price has no bars, and one with a price has some.

    Args:
        history: the relation that holds the bars, with their session and its part.
        key: the column, of both, that says whose they are.
#}
{% test sessions_agree_with_history(model, history, key) %}
    with

    hours as (
        select
            h.session_date,
            h.session_part,
            h.{{ key }},
            h.datetime,
            h.price_open,
            h.price_high,
            h.price_low,
            h.price_close
        from {{ history }} as h
        where h.scale = 60 and {{ sessions_of_this_run('h.session_date') }}
    ),

    in_parts as (
        select * from hours
        union all
        select
            session_date,
            cast('whole' as varchar(256)) as session_part,
            {{ key }},
            datetime,
            price_open,
            price_high,
            price_low,
            price_close
        from hours
    ),

    ends as (
        select
            session_date,
            session_part,
            {{ key }},
            min(datetime) as first_hour,
            max(datetime) as last_hour
        from in_parts
        group by session_date, session_part, {{ key }}
    ),

    by_hours as (
        select
            in_parts.session_date,
            in_parts.session_part,
            in_parts.{{ key }},
            max(
                case when in_parts.datetime = ends.first_hour then in_parts.price_open end
            ) as first_price,
            max(in_parts.price_high) as highest,
            min(in_parts.price_low) as lowest,
            max(
                case when in_parts.datetime = ends.last_hour then in_parts.price_close end
            ) as last_price
        from in_parts
        inner join ends
            on
                in_parts.session_date = ends.session_date
                and in_parts.session_part = ends.session_part
                and in_parts.{{ key }} = ends.{{ key }}
        group by in_parts.session_date, in_parts.session_part, in_parts.{{ key }}
    ),

    told as (
        select * from by_hours
        union all
        select
            session_date,
            session_part,
            {{ key }},
            "open" as first_price,
            high as highest,
            low as lowest,
            close as last_price
        from {{ model }}
        where close is not null
    )

    select
        session_date,
        session_part,
        {{ key }},
        count(*) as told_by
    from told
    group by session_date, session_part, {{ key }}
    having
        count(*) <> 2
        {% for column in ['first_price', 'highest', 'lowest', 'last_price'] %}
            or min({{ column }}) <> max({{ column }})
        {% endfor %}
{% endtest %}
