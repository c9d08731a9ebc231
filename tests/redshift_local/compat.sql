-- What Redshift has and PostgreSQL does not: keys of tables, views of the catalogue, functions.
-- Run once, by the superuser, in a new database.

set allow_system_table_mods = on;

create schema redshift_local;

create function redshift_local.refuse(reason text) returns text language plpgsql as $$
begin
    raise exception '%', reason using errcode = 'feature_not_supported';
end
$$;


-- Distribution and sort keys, by the table's number: a table that is renamed keeps them.
create table redshift_local.keys (
    relation oid primary key,
    diststyle text not null,
    distkey text,
    sortkey text[] not null
);

-- dialect.py hands the keys over in a comment. Primary, unique and foreign keys are not enforced
-- on Redshift (but a primary key's columns are not null), so that they go.
create function redshift_local.after_table() returns event_trigger
language plpgsql security definer as $$
declare
    given jsonb := coalesce(
        substring(current_query() from '/\*keys (\{.*\})\*/$'), '{}'
    )::jsonb;
    made oid;
    unenforced text;
    missing text;
begin
    for made in
        select distinct objid from pg_event_trigger_ddl_commands() where object_type = 'table'
    loop
        select string_agg(format('drop constraint %I', conname), ', ') into unenforced
        from pg_constraint where conrelid = made and contype in ('p', 'u', 'f');
        if unenforced is not null then
            execute format('alter table %s %s', cast(made as regclass), unenforced);
        end if;
        select key into missing
        from jsonb_array_elements_text(
            coalesce(given -> 'sortkey', '[]') || coalesce(given -> 'distkey', '[]')
        ) as keys (key)
        where key not in (select attname from pg_attribute where attrelid = made and attnum > 0);
        if found then
            raise exception 'the key "%" is no column of the table', missing;
        end if;
        -- A table made like another is spread and sorted like it.
        insert into redshift_local.keys
        select made, diststyle, distkey, sortkey
        from redshift_local.keys where relation = to_regclass(given ->> 'like');
        insert into redshift_local.keys values (
            made,
            coalesce(given ->> 'diststyle', 'auto'),
            given ->> 'distkey',
            array(select jsonb_array_elements_text(coalesce(given -> 'sortkey', '[]')))
        ) on conflict do nothing;
    end loop;
end
$$;

create event trigger after_table on ddl_command_end
when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
execute function redshift_local.after_table();

-- The number of a table that is dropped may become that of another relation.
create function redshift_local.after_drop() returns event_trigger
language plpgsql security definer as $$
begin
    delete from redshift_local.keys
    where relation in (select objid from pg_event_trigger_dropped_objects());
end
$$;

create event trigger after_drop on sql_drop execute function redshift_local.after_drop();

create function redshift_local.rows(relation oid) returns bigint language plpgsql as $$
declare
    counted bigint;
begin
    -- It is asked before the join as well, where PostgreSQL finds that cheaper: of indexes then.
    if not exists (select 1 from pg_class where oid = relation and relkind = 'r') then
        return 0;
    end if;
    execute format('select count(*) from %s', cast(relation as regclass)) into counted;
    return counted;
end
$$;


-- Views of the catalogue: the columns that dbt-redshift reads, and those that tell of keys.

create view pg_catalog.svv_table_info as
select
    cast(current_database() as text) as database,
    cast(n.nspname as text) as schema,
    c.oid as table_id,
    cast(c.relname as text) as "table",
    'N' as encoded,
    case k.diststyle
        when 'key' then 'KEY(' || k.distkey || ')'
        when 'auto' then 'AUTO(ALL)'
        else upper(k.diststyle)
    end as diststyle,
    coalesce(k.sortkey[1], 'AUTO(SORTKEY)') as sortkey1,
    coalesce((
        select max(a.atttypmod - 4) from pg_attribute as a
        where a.attrelid = c.oid and a.atttypid = cast('varchar' as regtype)
    ), 0) as max_varchar,
    cast(null as text) as sortkey1_enc,
    cardinality(k.sortkey) as sortkey_num,
    cast(1 as bigint) as size,
    cast(0 as numeric(10, 4)) as pct_used,
    cast(null as numeric(5, 2)) as unsorted,
    cast(0 as numeric(5, 2)) as stats_off,
    cast(r.counted as numeric(38, 0)) as tbl_rows,
    cast(null as numeric(19, 2)) as skew_sortkey1,
    cast(null as numeric(19, 2)) as skew_rows
from redshift_local.keys as k
inner join pg_class as c on k.relation = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
cross join lateral redshift_local.rows(c.oid) as r (counted)
where r.counted > 0 and c.relpersistence = 'p'; -- Redshift leaves out empty tables

create view pg_catalog.svv_redshift_columns as
select
    cast(current_database() as text) as database_name,
    cast(n.nspname as text) as schema_name,
    cast(c.relname as text) as table_name,
    cast(a.attname as text) as column_name,
    cast(a.attnum as integer) as ordinal_position,
    format_type(a.atttypid, a.atttypmod) as data_type,
    case when a.attnotnull then 'NO' else 'YES' end as is_nullable,
    coalesce(k.distkey = a.attname, false) as distkey,
    coalesce(array_position(k.sortkey, cast(a.attname as text)), 0) as sortkey,
    col_description(c.oid, a.attnum) as remarks
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_attribute as a on c.oid = a.attrelid
left join redshift_local.keys as k on c.oid = k.relation
where
    c.relkind in ('r', 'v') and c.relpersistence = 'p' and a.attnum > 0 and not a.attisdropped
    and n.nspname not in ('pg_catalog', 'information_schema', 'redshift_local');

create view pg_catalog.svv_relation_privileges as
select
    cast(n.nspname as text) as namespace_name,
    cast(c.relname as text) as relation_name,
    p.privilege_type,
    cast(coalesce(r.rolname, 'public') as text) as identity_name,
    case when r.rolname is null then 'public' when r.rolcanlogin then 'user' else 'role' end
        as identity_type
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
cross join lateral aclexplode(c.relacl) as p
left join pg_roles as r on p.grantee = r.oid;

create view pg_catalog.svv_external_columns as
select
    cast(null as text) as schemaname,
    cast(null as text) as tablename,
    cast(null as text) as columnname,
    cast(null as text) as external_type,
    cast(null as integer) as columnnum
where false;

create function pg_catalog.pg_get_late_binding_view_cols() returns setof record
language plpgsql as 'begin return; end';

grant usage on schema redshift_local to public;
grant select on all tables in schema redshift_local to public;
grant select on
    pg_catalog.svv_table_info, pg_catalog.svv_redshift_columns,
    pg_catalog.svv_relation_privileges, pg_catalog.svv_external_columns
to public;


-- Functions.

create function pg_catalog.getdate() returns timestamp language sql stable as
'select cast(date_trunc(''second'', statement_timestamp() at time zone ''UTC'') as timestamp)';

create function pg_catalog.len(value text) returns integer language sql immutable as
'select length(value)';

create function pg_catalog.strtol(value text, base integer) returns bigint
language sql immutable as $$
select
    case base
        when 10 then cast(value as bigint)
        when 16 then cast(cast('x' || lpad(value, 16, '0') as bit(64)) as bigint)
        else cast(redshift_local.refuse('strtol is here for the bases 10 and 16') as bigint)
    end
$$;

create function pg_catalog.dateadd(part text, number bigint, since timestamp) returns timestamp
language sql immutable as $$
select since + cast(
    case part when 'quarter' then (3 * number) || ' month' else number || ' ' || part end
    as interval
)
$$;

-- Boundaries that lie between, and not whole units.
create function pg_catalog.datediff(part text, since timestamp, until timestamp) returns bigint
language sql immutable as $$
select
    case part
        when 'year' then cast(extract(year from until) - extract(year from since) as bigint)
        when 'quarter' then cast(
            4 * (extract(year from until) - extract(year from since))
            + extract(quarter from until) - extract(quarter from since) as bigint
        )
        when 'month' then cast(
            12 * (extract(year from until) - extract(year from since))
            + extract(month from until) - extract(month from since) as bigint
        )
        else cast(
            extract(epoch from date_trunc(part, until) - date_trunc(part, since))
            / extract(epoch from cast('1 ' || part as interval)) as bigint
        )
    end
$$;
