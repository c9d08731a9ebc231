{#
    A model's schema is the one that it names, or that of its layer, which is the folder that it
    stands in: models/<subject>/<layer>/. Marts are built in the schema of the target: where readers
    look, or where they do not until it is published.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set layer = node.fqn[2] if node.resource_type == 'model' -%}
    {%- set of_layer = layer if layer in ('staging', 'intermediate') else target.schema -%}
    {{ (custom_schema_name or of_layer) | trim }}
{%- endmacro %}
