{#-
  A history of type 2: the states of a key follow each other without a gap or an overlap, and one
  of them, the last, still holds.
-#}
{% test is_history(model, key) %}
    with
        states as (
            select
                {{ key }},
                dbt_valid_from,
                dbt_valid_to,
                lead(dbt_valid_from) over (
                    partition by {{ key }} order by dbt_valid_from
                ) as next_from
            from {{ model }}
        )

    select *
    from states
    where
        dbt_valid_from is null
        or dbt_valid_to <= dbt_valid_from
        or (next_from is null and dbt_valid_to is not null)
        or (next_from is not null and dbt_valid_to is null)
        or dbt_valid_to <> next_from
{% endtest %}
