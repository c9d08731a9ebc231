{#
    Building by session, or by hour: each subject by itself. `raw.loads` holds, per subject and key
    of a time line, the id of the load that last touched it. `intermediate.built_sessions` holds the
    load that each key was last built from, by a run in which everything of the subject was built
    and passed. A run builds and tests the keys in which the two differ: it deletes exactly those
    from every incremental model of the subject and inserts them anew. A run that was killed, or in
    which the subject failed, recorded nothing of it, so that the next one does its work again.

    The history of a subject also rests on the SQL of its models, and on the facts that its macro
    `history_facts_<subject>` names. Where these change, its incremental models are dropped and all
    its keys are built; the history of the others stays.
#}


{#
    SQL that holds in the sessions, or days, of this run. They are literals, since DuckDB leaves out
    what it need not read for literals alone; the range serves where the list is long.

    Args:
        column: the session of a row.
#}
{% macro sessions_of_this_run(column='session_date') -%}
    {{ return(keys_of_this_run(column, 'by_session')) }}
{%- endmacro %}


{# SQL that holds in the hours of this run, as `sessions_of_this_run` does. #}
{% macro hours_of_this_run(column='hour') -%}
    {{ return(keys_of_this_run(column, 'by_hour')) }}
{%- endmacro %}


{% macro keys_of_this_run(column, strategy) -%}
    {%- set due = graph.get('keys_of_this_run', {}).get(subject_of(model)) -%}
    {%- if due is none or (model.config.materialized == 'incremental' and not is_incremental()) -%}
        {{ return('1 = 1') }}
    {%- endif -%}
    {%- set keys = [] -%}
    {%- for key in due if key | length == key_length(strategy) -%}
        {%- do keys.append(key_literal(key)) -%}
    {%- endfor -%}
    {%- if not keys -%}
        {{ return('1 = 0') }}
    {%- endif -%}
    {{ return(
        '(' ~ column ~ ' between ' ~ keys[0] ~ ' and ' ~ keys[-1]
        ~ ' and ' ~ column ~ ' in (' ~ keys | join(', ') ~ '))'
    ) }}
{%- endmacro %}


{# How long the keys of a strategy are: 2024-12-16, 2024-12-16T09; what is in one piece has ''. #}
{% macro key_length(strategy) -%}
    {{ return(13 if strategy == 'by_hour' else 10) }}
{%- endmacro %}


{# The value of a key in SQL. #}
{% macro key_literal(key) -%}
    {%- if key | length == 13 -%}
        {{ return("timestamp '" ~ key | replace('T', ' ') ~ ":00:00'") }}
    {%- endif -%}
    {{ return("date '" ~ key ~ "'") }}
{%- endmacro %}


{# The incremental strategy `by_session`: exactly the sessions of this run are replaced. #}
{% macro get_incremental_by_session_sql(arg_dict) -%}
    {{ replace_keys(arg_dict, sessions_of_this_run()) }}
{%- endmacro %}


{# The incremental strategy `by_hour`: exactly the hours of this run are replaced. #}
{% macro get_incremental_by_hour_sql(arg_dict) -%}
    {{ replace_keys(arg_dict, hours_of_this_run()) }}
{%- endmacro %}


{% macro replace_keys(arg_dict, of_this_run) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ of_this_run }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{%- endmacro %}


{# Before a run: finds the keys of each subject, and drops what another definition built. #}
{% macro open_run() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do run_query(
            'create table if not exists ' ~ book('built_sessions') ~ ' (subject varchar(64) not null,'
            ~ ' "key" varchar(64) not null, load_id varchar(36) not null,'
            ~ ' definition varchar(32) not null)'
        ) -%}
        {%- do run_query(
            'create table if not exists ' ~ book('run_sessions') ~ ' (subject varchar(64) not null,'
            ~ ' "key" varchar(64) not null, load_id varchar(36), definition varchar(32) not null)'
        ) -%}
        {%- for subject in subjects_of_this_run() -%}
            {%- do open_run_of(subject) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{% macro open_run_of(subject) -%}
    {%- set definition = definition_of_history(subject) -%}
    {%- set own = " subject = '" ~ subject ~ "'" -%}
    {%- set outdated = run_query(
        'select count(*) from ' ~ book('built_sessions') ~ ' where' ~ own
        ~ " and definition <> '" ~ definition ~ "'"
    ).rows[0][0] -%}
    {%- if outdated or flags.FULL_REFRESH -%}
        {#- Dropped first: a run that is killed in between finds the records and goes on. -#}
        {%- for node in incremental_models(subject) -%}
            {%- set relation = load_cached_relation(api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            )) -%}
            {%- if relation is not none -%}
                {%- do adapter.drop_relation(relation) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do run_query('delete from ' ~ book('built_sessions') ~ ' where' ~ own) -%}
    {%- endif -%}
    {%- do run_query('delete from ' ~ book('run_sessions') ~ ' where' ~ own) -%}
    {%- do run_query(
        'insert into ' ~ book('run_sessions')
        ~ " select '" ~ subject ~ "', coalesce(l.\"key\", b.\"key\"), l.load_id,"
        ~ " cast('" ~ definition ~ "' as varchar(32))"
        ~ ' from (select * from ' ~ source('raw', 'loads') ~ ' where' ~ own ~ ') as l'
        ~ ' full join (select * from ' ~ book('built_sessions') ~ ' where' ~ own ~ ') as b'
        ~ ' on l."key" = b."key"'
        ~ ' where l.load_id is null or b.load_id is null or l.load_id <> b.load_id'
    ) -%}
    {%- do keep_keys_of_this_run(subject) -%}
    {#- As long as it stands, what is built of the subject has not passed. -#}
    {%- do run_query(
        'insert into ' ~ book('run_sessions')
        ~ " values ('" ~ subject ~ "', 'run', null, '" ~ definition ~ "')"
    ) -%}
    {#- Dropping a relation on Redshift leaves a transaction open (dbt-redshift 1.11.1), and what is
        open at the end of this hook is rolled back. -#}
    {%- if target.type == 'redshift' -%}
        {%- do run_query('commit') -%}
    {%- endif -%}
{%- endmacro %}


{#
    Keeps the keys of a subject's run in the graph, which all nodes of a run share: each asked for them
    itself, in 90 of 500 queries. Where nothing was built before there are none: all is to be built.
#}
{% macro keep_keys_of_this_run(subject) -%}
    {%- set own = " where subject = '" ~ subject ~ "'" -%}
    {%- if run_query('select count(*) from ' ~ book('built_sessions') ~ own).rows[0][0] -%}
        {%- set due = run_query(
            'select "key" from ' ~ book('run_sessions') ~ own ~ ' order by 1'
        ) -%}
        {%- do graph.setdefault('keys_of_this_run', {}).update(
            {subject: due.columns[0].values() | list}
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#
    After a run: records the keys of each subject of which all incremental models were built and all
    data tests passed. A run of some models, or without tests, records nothing.
#}
{% macro close_run(results) -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set passed = results
            | selectattr('status', 'in', ['success', 'pass', 'warn'])
            | map(attribute='node.unique_id') | list -%}
        {%- for subject in subjects_of_this_run() -%}
            {%- set needed = incremental_models(subject)
                + of_subject('test', subject) + of_subject('test', 'books') -%}
            {%- if needed | rejectattr('unique_id', 'in', passed) | list | length == 0 -%}
                {%- do record_and_publish(subject, results) -%}
                {%- do run_query(
                    'delete from ' ~ book('run_sessions') ~ " where subject = '" ~ subject ~ "'"
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# Records the keys of the run as built from what was loaded. #}
{% macro record_run(subject) -%}
    {%- set own = " where subject = '" ~ subject ~ "'" -%}
    {%- do run_query(
        'delete from ' ~ book('built_sessions') ~ own
        ~ ' and "key" in (select "key" from ' ~ book('run_sessions') ~ own ~ ')'
    ) -%}
    {%- do run_query(
        'insert into ' ~ book('built_sessions')
        ~ ' select subject, "key", load_id, definition from ' ~ book('run_sessions') ~ own
        ~ ' and load_id is not null'
    ) -%}
{%- endmacro %}


{# A table in which runs keep their books, beside the models that they are about. #}
{% macro book(name) -%}
    {{ return(relation_of('intermediate', name) | string) }}
{%- endmacro %}


{# The subject of a node: the folder that it stands in; none outside of such a folder. #}
{% macro subject_of(node) -%}
    {{ return(node.fqn[1] if node.fqn | length > 2 else none) }}
{%- endmacro %}


{# The subjects of the models that this run builds, in a fixed order. #}
{% macro subjects_of_this_run() -%}
    {%- set found = [] -%}
    {%- for name in selected_resources | sort if name.startswith('model.') -%}
        {%- set subject = subject_of(graph.nodes[name]) -%}
        {%- if subject and subject not in found -%}
            {%- do found.append(subject) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# The nodes of a kind that stand in the folder of a subject, in a fixed order. #}
{% macro of_subject(kind, subject) -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values()
        | selectattr('resource_type', 'equalto', kind)
        | sort(attribute='unique_id') -%}
        {%- if subject_of(node) == subject -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# The incremental models of a subject, in a fixed order. #}
{% macro incremental_models(subject) -%}
    {{ return(
        of_subject('model', subject)
        | selectattr('config.materialized', 'equalto', 'incremental') | list
    ) }}
{%- endmacro %}


{# A digest of all that the history of a subject rests on beside the loads. #}
{% macro definition_of_history(subject) -%}
    {%- set parts = [] -%}
    {%- for node in of_subject('model', subject)
        | rejectattr('config.materialized', 'equalto', 'table') -%}
        {%- do parts.append(node.raw_code) -%}
    {%- endfor -%}
    {%- set facts = context.get('history_facts_' ~ subject) -%}
    {%- if facts -%}
        {%- for row in run_query(facts()).rows -%}
            {%- do parts.append(row.values() | join('|')) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(local_md5(parts | join('\n'))) }}
{%- endmacro %}
