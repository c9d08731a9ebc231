{# The instant so many hours ago, in UTC without a zone, whatever zone the warehouse is in. #}
{% macro hours_ago(hours) -%}
    {%- set instant = modules.datetime.datetime.now(modules.pytz.utc)
        - modules.datetime.timedelta(hours=hours) -%}
    {{ return("cast('" ~ instant.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp)") }}
{%- endmacro %}
