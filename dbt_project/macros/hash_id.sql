{#
    The id of a row: its natural key hashed to a positive bigint, the same on every warehouse.

    The text 'kind|part|part' is hashed by md5, whose first 15 hexadecimal digits (60 bits) are the
    id. The kind keeps equal names of different things apart. A part that is null makes the id
    null, which no key accepts.

    Args:
        kind: name of the thing that is identified, such as 'index'.
        parts: SQL expressions of its natural key, in a fixed order.
#}
{% macro hash_id(kind, parts) -%}
    {{ return(adapter.dispatch('hash_id', 'indextracker')(kind, parts)) }}
{%- endmacro %}


{% macro default__hash_id(kind, parts) -%}
    cast(strtol(substring({{ natural_key_digest(kind, parts) }}, 1, 15), 16) as bigint)
{%- endmacro %}


{% macro duckdb__hash_id(kind, parts) -%}
    cast('0x' || substring({{ natural_key_digest(kind, parts) }}, 1, 15) as bigint)
{%- endmacro %}


{% macro natural_key_digest(kind, parts) -%}
    md5('{{ kind }}'{% for part in parts %} || '|' || cast({{ part }} as varchar(256)){% endfor %})
{%- endmacro %}
