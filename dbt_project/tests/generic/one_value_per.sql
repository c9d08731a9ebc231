{# Holds where the column has one value, or only null, in all rows of a key. #}
{% test one_value_per(model, column_name, key) %}
    select
        {{ key | join(', ') }},
        min({{ column_name }}) as one_value,
        max({{ column_name }}) as another_value
    from {{ model }}
    group by {{ key | join(', ') }}
    having count(distinct {{ column_name }}) > 1 or count({{ column_name }}) not in (0, count(*))
{% endtest %}
