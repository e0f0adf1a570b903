{#-
  Common table expressions for tests of the recommendations: the order lines as their run read
  them, whatever was landed since.

  `meant` are sales that were certainly demand: no cancellation could have taken them back. The
  rule of the models (lakehouse/ml/orders.py) keeps some more; so what follows from `meant` must
  hold, and what is not even in `sold` must not be there.
-#}
{% macro lines_of_the_recommendations() %}
    run as (
        select as_of, last_order_line_id
        from {{ source("ml", "runs") }}
        where run_id in (select run_id from {{ source("ml", "recommendations") }})
    ),

    lines as (
        select
            fct_order_lines.customer_id,
            fct_order_lines.product_id,
            fct_order_lines.order_date,
            fct_order_lines.line_type,
            fct_order_lines.quantity
        from {{ ref("fct_order_lines") }} as fct_order_lines
        cross join run
        where
            fct_order_lines.order_line_id <= run.last_order_line_id
            and fct_order_lines.ordered_at <= run.as_of
            and {{ in_trading_period("fct_order_lines.order_date") }}
    ),

    sold as (
        select customer_id, product_id, order_date, quantity
        from lines
        where line_type = 'sale'
    ),

    taken_back as (
        select distinct customer_id, product_id, - quantity as quantity
        from lines
        where line_type = 'cancellation'
    ),

    meant as (
        select sold.customer_id, sold.product_id, sold.order_date
        from sold
        left join
            taken_back
            on sold.customer_id = taken_back.customer_id
            and sold.product_id = taken_back.product_id
            and sold.quantity = taken_back.quantity
        where taken_back.customer_id is null
    ),

    since as (select {{ add_days("max(order_date)", -59) }} as first_day from meant),

    on_sale as (
        select meant.product_id
        from meant
        cross join since
        group by meant.product_id
        having
            max(meant.order_date) >= max(since.first_day)
            and count(meant.customer_id) > 0
    )
{% endmacro %}
