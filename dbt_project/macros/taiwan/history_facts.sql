{# The facts beside the models that the history rests on: what is a derivative of which index. #}
{% macro history_facts_taiwan() -%}
    select product as name, instrument as kind, underlying as of_index
    from {{ source('raw', 'products') }} as p
    union
    select symbol, 'ETF', underlying from {{ source('raw', 'etfs') }} as e
    union
    select index_id, 'Index', null from {{ source('raw', 'indices') }} as i
    order by 1, 2, 3
{%- endmacro %}
