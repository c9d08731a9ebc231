{# Holds where the first and the last day of every period are among the days of a relation. #}
{% test begins_and_ends_in(model, to, field) %}
    with

    days as (
        select distinct t.{{ field }} as known_day
        from {{ to }} as t
    ),

    ends as (
        select valid_from as end_day
        from {{ model }}
        union
        select valid_to as end_day
        from {{ model }}
    )

    select ends.end_day
    from ends
    left join days on ends.end_day = days.known_day
    where days.known_day is null
{% endtest %}
