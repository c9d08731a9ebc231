{#
    Holds where the whole of a session is its parts together: equal sums, the highest and the lowest
    price of both, and no whole without a part, or the other way round. Without columns to add up
    the prices alone are compared.

    Args:
        key: the column that says whose session it is.
        sums: columns that add up.
#}
{% test parts_add_up(model, key, sums) %}
    with

    parts as (
        select
            session_date,
            {{ key }},
            {% for column in sums %}
                sum({{ column }}) as {{ column }},
            {% endfor %}
            max(high) as high,
            min(low) as low
        from {{ model }}
        where session_part <> 'whole'
        group by session_date, {{ key }}
    ),

    told as (
        select * from parts
        union all
        select
            session_date,
            {{ key }},
            {% for column in sums %}
                {{ column }},
            {% endfor %}
            high,
            low
        from {{ model }}
        where session_part = 'whole'
    )

    select
        session_date,
        {{ key }},
        count(*) as told_by
    from told
    group by session_date, {{ key }}
    having
        count(*) <> 2
        {% for column in sums + ['high', 'low'] %}
            or min({{ column }}) <> max({{ column }})
            or count({{ column }}) = 1
        {% endfor %}
{% endtest %}
