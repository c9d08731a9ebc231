{#
    A view in DuckDB is replaced where it stands. dbt's own way builds one beside it, renames both and
    drops the old one, each by a macro and a query of its own: some 60 queries of a run with 23 views.
    What replaces the view is one transaction, with its comments, as in that way.
#}
{% materialization view, adapter='duckdb' -%}
    {%- set built = create_or_replace_view() -%}
    {%- do persist_docs(this.incorporate(type='view'), model) -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{%- endmaterialization %}


{% macro duckdb__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    create or replace view {{ relation }} as (
        {{ sql }}
    );
{%- endmacro %}
