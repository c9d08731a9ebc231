{#
    Publishing: what a run built of a subject, and passed, becomes what readers see.

    A DuckDB file is published by whoever runs dbt. In a cluster readers are there all the
    time: the marts are built in a schema of their own, and one transaction brings what changed to
    where they look, by deleting and inserting. Nothing that they read is dropped or renamed, which
    would wait for them and have them wait; a statement of theirs sees the state before it or after.

    A mart that is a table is copied whole. One that is a view upon a history stays a view, upon a
    copy of it in schema `published`, of which the sessions of the run are replaced.
#}


{# Records the run in its books and publishes it, both or neither. #}
{% macro record_and_publish(subject, results) -%}
    {{ return(adapter.dispatch('record_and_publish', 'indextracker')(subject, results)) }}
{%- endmacro %}


{% macro default__record_and_publish(subject, results) -%}
    {%- do record_run(subject) -%}
{%- endmacro %}


{% macro redshift__record_and_publish(subject, results) -%}
    {#- Empty books: what is there was built by another definition, or nothing is. -#}
    {%- set anew = run_query(
        'select count(*) from ' ~ book('built_sessions') ~ " where subject = '" ~ subject ~ "'"
    ).rows[0][0] == 0 -%}
    {%- do run_query('create schema if not exists marts') -%}
    {%- do run_query('create schema if not exists published') -%}
    {%- do run_query('begin') -%}
    {%- do record_run(subject) -%}
    {%- for result in results
        | selectattr('node.resource_type', 'equalto', 'model')
        | selectattr('node.schema', 'equalto', target.schema)
        if subject_of(result.node) == subject -%}
        {%- if result.node.config.materialized == 'table' -%}
            {%- do publish_table(result.node, anew) -%}
        {%- else -%}
            {%- do publish_history(result.node, anew) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set readers = env_var('INDEXTRACKER_READERS', 'indextracker_readers') -%}
    {%- do run_query('grant usage on schema marts to role ' ~ readers) -%}
    {%- do run_query('grant select on all tables in schema marts to role ' ~ readers) -%}
    {#- The mark of the world, so that they can tell whose data it is. -#}
    {%- do run_query('grant usage on schema "raw" to role ' ~ readers) -%}
    {%- do run_query('grant select on "raw".world to role ' ~ readers) -%}
    {%- do run_query('commit') -%}
{%- endmacro %}


{# Replaces the rows of a mart that is a table. #}
{% macro publish_table(node, anew) -%}
    {%- set built = relation_of(node.schema, node.alias) -%}
    {%- set mart = relation_of('marts', node.alias) -%}
    {%- if make_alike(mart, built, anew) -%}
        {%- do describe(mart, node) -%}
    {%- endif -%}
    {%- do run_query('delete from ' ~ mart) -%}
    {%- do run_query('insert into ' ~ mart ~ ' select * from ' ~ built) -%}
{%- endmacro %}


{#
    Replaces the keys of this run in the copy of the history that a view stands on. What else it joins
    are marts, which were published before it.
#}
{% macro publish_history(node, anew) -%}
    {%- set parents = [] -%}
    {%- for name in node.depends_on.nodes -%}
        {%- do parents.append(graph.nodes[name]) -%}
    {%- endfor -%}
    {%- set parent = parents
        | selectattr('config.materialized', 'equalto', 'incremental') | first -%}
    {%- set built = relation_of(parent.schema, parent.alias) -%}
    {%- set history = relation_of('published', parent.alias) -%}
    {%- set mart = relation_of('marts', node.alias, 'view') -%}
    {%- set made = make_alike(history, built, anew) -%}
    {%- set by_hour = parent.config.incremental_strategy == 'by_hour' -%}
    {%- set column = 'hour' if by_hour else 'session_date' -%}
    {%- set known = keys_in('built_sessions', parent) -%}
    {%- set renewed = keys_in('run_sessions', parent) -%}
    {%- if made -%}
        {%- set renewed = known -%}
    {%- endif -%}
    {%- if not is_there(mart) -%}
        {%- set upon = namespace(sql=node.compiled_code) -%}
        {%- for one in parents -%}
            {%- set published = history if one.unique_id == parent.unique_id
                else relation_of('marts', one.alias) -%}
            {%- set upon.sql = upon.sql | replace(one.relation_name, published | string) -%}
        {%- endfor -%}
        {%- do run_query('create view ' ~ mart ~ ' as ' ~ upon.sql) -%}
        {%- do describe(mart, node) -%}
    {%- endif -%}
    {%- do run_query('delete from ' ~ history ~ ' where ' ~ column ~ ' in (' ~ renewed ~ ')') -%}
    {%- do run_query('delete from ' ~ history ~ ' where ' ~ column ~ ' not in (' ~ known ~ ')') -%}
    {%- do run_query(
        'insert into ' ~ history ~ ' select * from ' ~ built
        ~ ' where ' ~ column ~ ' in (' ~ renewed ~ ')'
    ) -%}
{%- endmacro %}


{# A query of the keys that a book has for a history, as the values of its column. #}
{% macro keys_in(name, history) -%}
    {%- set strategy = history.config.incremental_strategy -%}
    {%- set value = 'cast("key" as date)' -%}
    {%- if strategy == 'by_hour' -%}
        {%- set value = "cast(replace(\"key\", 'T', ' ') || ':00:00' as timestamp)" -%}
    {%- endif -%}
    {{ return(
        'select ' ~ value ~ ' from ' ~ book(name)
        ~ " where subject = '" ~ subject_of(history) ~ "'"
        ~ ' and length("key") = ' ~ key_length(strategy)
    ) }}
{%- endmacro %}


{#
    Makes a table like another, spread and sorted as it is, where it is not there or is to be made
    anew; says whether it did. Views on it go with it.
#}
{% macro make_alike(wanted, built, anew) -%}
    {%- if is_there(wanted) and not anew -%}
        {%- set columns = adapter.get_columns_in_relation(built) -%}
        {%- set found = adapter.get_columns_in_relation(wanted) -%}
        {%- if columns | map(attribute='name') | list == found | map(attribute='name') | list -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endif -%}
    {%- do run_query('drop table if exists ' ~ wanted ~ ' cascade') -%}
    {%- do run_query('create table ' ~ wanted ~ ' (like ' ~ built ~ ')') -%}
    {{ return(true) }}
{%- endmacro %}


{# Whether a table or a view is there. #}
{% macro is_there(relation) -%}
    {{ return(run_query(
        "select count(*) from information_schema.tables where table_schema = '" ~ relation.schema
        ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ).rows[0][0] > 0) }}
{%- endmacro %}


{# Gives a published relation the descriptions of its model. #}
{% macro describe(relation, node) -%}
    {%- do run_query(alter_relation_comment(relation, node.description)) -%}
    {%- if node.columns -%}
        {%- do run_query(alter_column_comment(relation, node.columns)) -%}
    {%- endif -%}
{%- endmacro %}


{% macro relation_of(schema, name, type='table') -%}
    {{ return(api.Relation.create(
        database=target.database, schema=schema, identifier=name, type=type
    )) }}
{%- endmacro %}
