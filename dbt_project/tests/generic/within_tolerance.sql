{#-
  A measure of this model is that of another relation, give or take a share of it: 0.01 lets it
  differ by one in a hundred. `measure` and `to_measure` are aggregates.
-#}
{% test within_tolerance(
    model,
    to,
    measure,
    tolerance,
    to_measure=none,
    where="1 = 1",
    to_where="1 = 1"
) %}
    with
        here as (
            select coalesce({{ measure }}, 0) as amount
            from {{ model }}
            where {{ where }}
        ),

        there as (
            select coalesce({{ to_measure or measure }}, 0) as amount
            from {{ to }}
            where {{ to_where }}
        )

    select here.amount, there.amount as expected
    from here
    cross join there
    where abs(here.amount - there.amount) > {{ tolerance }} * abs(there.amount)
{% endtest %}
