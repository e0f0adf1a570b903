{#-
  Common table expressions that end with `affected`: the lines whose features are other than those
  in `built`. They are the lines of an order in which a line came, went or changed, and all that
  their customer or anybody for the same product ordered since. `lines` has for every line the
  moment at which its order was placed.
-#}
{% macro lines_after_a_change(lines, built) %}
    {%- set features = [
        "order_id",
        "customer_id",
        "product_id",
        "ordered_at",
        "quantity",
        "unit_price",
    ] %}
    changed_orders as (
        select lines.order_id, built.order_id as built_order_id
        from {{ lines }} as lines
        full outer join
            {{ built }} as built on lines.order_line_id = built.order_line_id
        where
            lines.order_line_id is null
            or built.order_line_id is null
            or coalesce(lines.country, '') <> coalesce(built.country, '')
            {% for name in features %}
                or lines.{{ name }} <> built.{{ name }}
            {% endfor %}
    ),

    touched_orders as (
        select order_id
        from changed_orders
        where order_id is not null
        union
        select built_order_id
        from changed_orders
        where built_order_id is not null
    ),

    -- as they are, and as they were
    touched as (
        {% for table in [lines, built] %}
            select
                {% for name in [
                    "order_id",
                    "customer_id",
                    "product_id",
                    "ordered_at",
                ] %}
                    {{ computed("rows_of_order." ~ name) }} as {{ name }}
                    {{- "," if not loop.last }}
                {% endfor %}
            from {{ table }} as rows_of_order
            inner join
                touched_orders on rows_of_order.order_id = touched_orders.order_id
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    moments as (
        select order_id, min(ordered_at) as since from touched group by order_id
    ),

    {% for name in ["customer", "product"] %}
        changed_{{ name }}s as (
            select touched.{{ name }}_id, min(moments.since) as since
            from touched
            inner join moments on touched.order_id = moments.order_id
            group by touched.{{ name }}_id
        ),
    {% endfor %}

    affected as (
        select lines.*
        from {{ lines }} as lines
        left join changed_customers on lines.customer_id = changed_customers.customer_id
        left join changed_products on lines.product_id = changed_products.product_id
        where
            lines.placed_at >= changed_customers.since
            or lines.placed_at >= changed_products.since
    )
{% endmacro %}
