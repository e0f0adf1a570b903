{#-
  Every day between the first and the last one is there, in every group of `by`, but that a gap of
  more than `but_for` days may be.
-#}
{% test no_gaps(model, column, by=[], but_for=none) %}
    with
        steps as (
            select
                {% for name in by %} {{ name }},{% endfor %}
                {{ column }} as day,
                lead({{ column }}) over (
                    {% if by %}partition by {{ by | join(", ") }}{% endif %}
                    order by {{ column }}
                ) as next_day
            from (select distinct {{ (by + [column]) | join(", ") }} from {{ model }})
        )

    select *
    from steps
    where
        next_day is not null and next_day <> {{ add_days("day", 1) }}
        {% if but_for is not none %}
            and {{ days_between("day", "next_day") }} <= {{ but_for }}
        {% endif %}
{% endtest %}
