{#
    Building by session. `raw.loads` holds, per session, the id of the load that last touched it.
    `intermediate.built_sessions` holds the load that each session was last built from, by a run
    in which everything was built and passed. A run builds and tests the sessions in which the two
    differ: it deletes exactly those from every incremental model and inserts them anew. A run that
    was killed, or failed, recorded nothing, so that the next one does its work again.

    The history also rests on the SQL of its models and on which products are derivatives of which
    index. Where these change, the incremental models are dropped and all sessions are built.
#}


{#
    SQL that holds in the sessions of this run. They are literals, since DuckDB leaves out what it
    need not read for literals alone; the range serves where the list is long.

    Args:
        column: the session of a row.
#}
{% macro sessions_of_this_run(column='session_date') -%}
    {%- set everything = not execute
        or flags.WHICH not in ('build', 'run')
        or (model.config.materialized == 'incremental' and not is_incremental()) -%}
    {%- if not everything -%}
        {%- set built = run_query('select count(*) from ' ~ book('built_sessions')) -%}
        {%- set everything = built.rows[0][0] == 0 -%}
    {%- endif -%}
    {%- if everything -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set due = run_query('select session_date from ' ~ book('run_sessions') ~ ' order by 1') -%}
    {%- set days = [] -%}
    {%- for row in due.rows -%}
        {%- do days.append("date '" ~ row[0] ~ "'") -%}
    {%- endfor -%}
    {%- if not days -%}
        {{ return('1 = 0') }}
    {%- endif -%}
    {{ return(
        '(' ~ column ~ ' between ' ~ days[0] ~ ' and ' ~ days[-1]
        ~ ' and ' ~ column ~ ' in (' ~ days | join(', ') ~ '))'
    ) }}
{%- endmacro %}


{# The incremental strategy `by_session`: exactly the sessions of this run are replaced. #}
{% macro get_incremental_by_session_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ sessions_of_this_run() }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{%- endmacro %}


{# Before a run: finds its sessions, and drops what was built by another definition. #}
{% macro open_run() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set definition = definition_of_history() -%}
        {%- do run_query(
            'create table if not exists ' ~ book('built_sessions') ~ ' (session_date date not null,'
            ~ ' load_id varchar(36) not null, definition varchar(32) not null)'
        ) -%}
        {%- set outdated = run_query(
            'select count(*) from ' ~ book('built_sessions')
            ~ " where definition <> '" ~ definition ~ "'"
        ).rows[0][0] -%}
        {%- if outdated or flags.FULL_REFRESH -%}
            {#- Dropped first: a run that is killed in between finds the records and goes on. -#}
            {%- for node in incremental_models() -%}
                {%- set relation = load_cached_relation(api.Relation.create(
                    database=node.database, schema=node.schema, identifier=node.alias
                )) -%}
                {%- if relation is not none -%}
                    {%- do adapter.drop_relation(relation) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do run_query('delete from ' ~ book('built_sessions')) -%}
        {%- endif -%}
        {%- do run_query('drop table if exists ' ~ book('run_sessions')) -%}
        {%- do run_query(
            'create table ' ~ book('run_sessions') ~ ' as'
            ~ ' select coalesce(l.session_date, b.session_date) as session_date, l.load_id,'
            ~ " cast('" ~ definition ~ "' as varchar(32)) as definition"
            ~ ' from ' ~ source('raw', 'loads') ~ ' as l'
            ~ ' full join ' ~ book('built_sessions') ~ ' as b on l.session_date = b.session_date'
            ~ ' where l.load_id is null or b.load_id is null or l.load_id <> b.load_id'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#
    After a run: records its sessions, if all incremental models were built and all data tests
    passed. A run of some models, or without tests, records nothing.
#}
{% macro close_run(results) -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set passed = results
            | selectattr('status', 'in', ['success', 'pass', 'warn'])
            | map(attribute='node.unique_id') | list -%}
        {%- set needed = incremental_models()
            + graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') | list -%}
        {%- if needed | rejectattr('unique_id', 'in', passed) | list | length == 0 -%}
            {%- do record_and_publish(results) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Records the sessions of the run as built from what was loaded. #}
{% macro record_run() -%}
    {%- do run_query(
        'delete from ' ~ book('built_sessions')
        ~ ' where session_date in (select session_date from ' ~ book('run_sessions') ~ ')'
    ) -%}
    {%- do run_query(
        'insert into ' ~ book('built_sessions')
        ~ ' select session_date, load_id, definition from ' ~ book('run_sessions')
        ~ ' where load_id is not null'
    ) -%}
{%- endmacro %}


{# A table in which runs keep their books, beside the models that they are about. #}
{% macro book(name) -%}
    {{ return(relation_of('intermediate', name) | string) }}
{%- endmacro %}


{# The incremental models, in a fixed order. #}
{% macro incremental_models() -%}
    {{ return(
        graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.materialized', 'equalto', 'incremental')
        | sort(attribute='unique_id') | list
    ) }}
{%- endmacro %}


{# A digest of all that the history rests on beside the loads. #}
{% macro definition_of_history() -%}
    {%- set parts = [] -%}
    {%- for node in graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | rejectattr('config.materialized', 'equalto', 'table')
        | sort(attribute='unique_id') -%}
        {%- do parts.append(node.raw_code) -%}
    {%- endfor -%}
    {%- set facts = run_query(
        'select product as name, instrument as kind, underlying as of_index'
        ~ ' from ' ~ source('raw', 'products') ~ ' as p union'
        ~ " select symbol, 'ETF', underlying from " ~ source('raw', 'etfs') ~ ' as e union'
        ~ " select index_id, 'Index', null from " ~ source('raw', 'indices') ~ ' as i'
        ~ ' order by 1, 2, 3'
    ) -%}
    {%- for row in facts.rows -%}
        {%- do parts.append(row[0] ~ '|' ~ row[1] ~ '|' ~ row[2]) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join('\n'))) }}
{%- endmacro %}
