{#-
  In the order of `order_by`, the values of the column never fall, in every group of `by`;
  `decreasing`: never rise.
-#}
{% test monotonic(model, column_name, order_by, by=[], decreasing=false) %}
    with
        steps as (
            select
                {% for name in by %} {{ name }},{% endfor %}
                {{ order_by }},
                {{ column_name }} as here,
                lag({{ column_name }}) over (
                    {% if by %}partition by {{ by | join(", ") }}{% endif %}
                    order by {{ order_by }}
                ) as before
            from {{ model }}
        )

    select *
    from steps
    where here {{ ">" if decreasing else "<" }} before
{% endtest %}
