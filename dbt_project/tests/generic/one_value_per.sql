{# Holds where each of the columns has one value, or only null, in all rows of a key. #}
{% test one_value_per(model, columns, key) %}
    select
        {{ key | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ key | join(', ') }}
    having
        {% for column in columns %}
            {{ 'or' if not loop.first }}
            count(distinct {{ column }}) > 1 or count({{ column }}) not in (0, count(*))
        {% endfor %}
{% endtest %}
