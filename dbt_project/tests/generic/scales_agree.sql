{#
    Holds where every scale of bars tells the same of a key: each figure, an aggregate over the bars
    of one scale, is equal in all of them, and none of the scales is absent.
#}
{% test scales_agree(model, key, figures, scale='scale_minutes', scales=5) %}
    with

    by_scale as (
        select
            {{ key | join(', ') }},
            {{ scale }} as bar_scale,
            {% for figure in figures %}
                {{ figure }} as f_{{ loop.index }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
        group by {{ key | join(', ') }}, {{ scale }}
    )

    select
        {{ key | join(', ') }},
        count(*) as scale_count,
        {% for figure in figures %}
            min(f_{{ loop.index }}) as least_{{ loop.index }},
            max(f_{{ loop.index }}) as greatest_{{ loop.index }}{{ ',' if not loop.last }}
        {% endfor %}
    from by_scale
    group by {{ key | join(', ') }}
    having
        {% for figure in figures %}
            {{ 'or' if not loop.first }}
            not (count(*) = {{ scales }} and min(f_{{ loop.index }}) = max(f_{{ loop.index }}))
        {% endfor %}
{% endtest %}
