{#-
  A measure of this model equals a measure of another relation, to the last digit. `measure` and
  `to_measure` are aggregates: count(*), sum(net_amount). No rows on either side count as 0.
-#}
{% test reconciles_with(
    model, to, measure, to_measure=none, where="1 = 1", to_where="1 = 1"
) %}
    with
        here as (
            select cast(coalesce({{ measure }}, 0) as decimal(38, 4)) as amount
            from {{ model }}
            where {{ where }}
        ),

        there as (
            select
                cast(
                    coalesce({{ to_measure or measure }}, 0) as decimal(38, 4)
                ) as amount
            from {{ to }}
            where {{ to_where }}
        )

    select here.amount, there.amount as expected
    from here
    cross join there
    where here.amount <> there.amount
{% endtest %}
