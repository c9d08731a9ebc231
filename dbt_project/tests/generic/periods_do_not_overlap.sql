{#
    Holds where a period of a key begins after the one before it has ended. Both ends belong to the
    period; the end is null while it lasts.
#}
{% test periods_do_not_overlap(model, key, valid_from='valid_from', valid_to='valid_to') %}
    with

    periods as (
        select
            {{ key | join(', ') }},
            {{ valid_from }} as begins,
            coalesce({{ valid_to }}, cast('9999-12-31' as date)) as ends
        from {{ model }}
    ),

    compared as (
        select
            {{ key | join(', ') }},
            begins,
            ends,
            max(ends) over (
                partition by {{ key | join(', ') }}
                order by begins, ends
                rows between unbounded preceding and 1 preceding
            ) as ended_before
        from periods
    )

    select *
    from compared
    where ended_before >= begins
{% endtest %}
