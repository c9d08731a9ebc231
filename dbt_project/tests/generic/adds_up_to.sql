{#
    Holds where the rows of a key add up, in every summed column, to its rows of another table.

    Args:
        total: the relation that holds the totals.
        key: columns, of both, by which the sums are taken.
        sums: columns, of both, that add up.
        only: condition on the rows that are added up.
        total_only: condition on the rows of the totals.
#}
{% test adds_up_to(model, total, key, sums, only='1 = 1', total_only='1 = 1') %}
    with

    both_sides as (
        select
            {{ key | join(', ') }},
            {% for column in sums %}
                {{ column }} as {{ column }}_parts,
                0 as {{ column }}_total{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
        where {{ only }}
        union all
        select
            {{ key | join(', ') }},
            {% for column in sums %}
                0 as {{ column }}_parts,
                {{ column }} as {{ column }}_total{{ ',' if not loop.last }}
            {% endfor %}
        from {{ total }} as t
        where {{ total_only }}
    )

    select
        {{ key | join(', ') }},
        {% for column in sums %}
            sum({{ column }}_parts) as {{ column }}_parts,
            sum({{ column }}_total) as {{ column }}_total{{ ',' if not loop.last }}
        {% endfor %}
    from both_sides
    group by {{ key | join(', ') }}
    having
        {% for column in sums %}
            {{ 'or' if not loop.first }}
            coalesce(sum({{ column }}_parts), 0) <> coalesce(sum({{ column }}_total), 0)
        {% endfor %}
{% endtest %}
