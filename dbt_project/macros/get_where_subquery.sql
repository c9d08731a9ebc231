{#
    What a data test reads of its model: the rows of its `where`, in which the words
    `sessions_of_this_run` and `hours_of_this_run` stand for what this run builds.
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {%- if not where -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set rows = where
        | replace('sessions_of_this_run', sessions_of_this_run())
        | replace('hours_of_this_run', hours_of_this_run()) -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ rows ~ ') as rows_tested') }}
{%- endmacro %}
