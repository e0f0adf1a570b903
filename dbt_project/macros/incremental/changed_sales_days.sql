{#-
  The days for which a daily report holds other lines than fct_order_lines, or other orders than
  fct_orders: a late line may move its order to another day.
-#}
{% macro changed_sales_days(built) -%}
    {{
        changed_days(
            ref("fct_order_lines"), "order_date", built, "order_date", "line_count"
        )
    }}
    union
    select coalesce(orders.order_date, built.order_date)
    from
        (
            select order_date, country, count(*) as order_count
            from {{ ref("fct_orders") }}
            where is_order
            group by order_date, country
        ) as orders
    full outer join
        (select * from {{ built }} where order_count > 0) as built
        on orders.order_date = built.order_date
        and orders.country = built.country
    where coalesce(orders.order_count, 0) <> coalesce(built.order_count, 0)
{%- endmacro %}

{#- The days for which a report of products is not of the state of fct_order_lines. -#}
{% macro changed_product_days(built) -%}
    {{
        changed_days(
            ref("fct_order_lines"),
            "order_date",
            built,
            "order_date",
            "line_count",
            counted="case when " ~ is_product_line() ~ " then 1 end",
        )
    }}
{%- endmacro %}

{#- The products that a report calls otherwise than dim_products does by now. -#}
{% macro renamed_products(built) -%}
    select built.product_id
    from {{ built }} as built
    inner join
        {{ ref("dim_products") }} as products on built.product_id = products.product_id
    where coalesce(built.description, '') <> coalesce(products.description, '')
{%- endmacro %}
