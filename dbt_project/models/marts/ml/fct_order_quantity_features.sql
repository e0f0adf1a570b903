-- depends_on: {{ ref("fct_order_lines") }}, {{ ref("int_cancellations_matched") }}
-- depends_on: {{ ref("dim_dates") }}
{%- set earlier -%}
    order by placed_at, order_id rows between unbounded preceding and 1 preceding
{%- endset -%}
{{
    config(
        materialized="incremental",
        unique_key="order_line_id",
        on_schema_change="append_new_columns",
        replace_where="order_line_id not in (select order_line_id from ({{ demand_lines() }}) as lines where customer_id is not null)",
    )
}}

with
    -- What was known before an order was placed: sums over earlier orders, by the
    -- pair of customer and product, and by each alone. Orders of one moment come in
    -- the order of their numbers.
    demand as (
        select * from {{ ref("int_demand_lines") }} where customer_id is not null
    ),

    orders as (
        select order_id, min(ordered_at) as placed_at from demand group by order_id
    ),

    lines as (
        select demand.*, orders.placed_at
        from demand
        inner join orders on demand.order_id = orders.order_id
    ),

    {% if is_incremental() %}
        {{ lines_after_a_change("lines", this) }},

        -- what was before the first of them is one row for each product
        by_product as (
            select
                lines.product_id,
                case
                    when lines.placed_at >= firsts.placed_at then lines.order_id
                end as order_id,
                min(lines.placed_at) as placed_at,
                count(*) as line_count,
                sum(lines.quantity) as units,
                sum(lines.unit_price) as prices
            from lines
            inner join
                (
                    select product_id, min(placed_at) as placed_at
                    from affected
                    group by product_id
                ) as firsts
                on lines.product_id = firsts.product_id
            group by
                lines.product_id,
                case when lines.placed_at >= firsts.placed_at then lines.order_id end
        ),

        lines_of_customers as (
            select lines.*
            from lines
            inner join
                (select distinct customer_id from affected) as customers
                on lines.customer_id = customers.customer_id
        ),
    {% else %}
        affected as (select * from lines),

        by_product as (
            select
                product_id,
                order_id,
                min(placed_at) as placed_at,
                count(*) as line_count,
                sum(quantity) as units,
                sum(unit_price) as prices
            from lines
            group by product_id, order_id
        ),

        lines_of_customers as (select * from lines),
    {% endif %}

    products as (
        select
            order_id,
            product_id,
            sum(line_count) over (partition by product_id {{ earlier }}) as line_count,
            sum(units) over (partition by product_id {{ earlier }}) as units,
            sum(prices) over (partition by product_id {{ earlier }}) as prices
        from by_product
    ),

    by_pair as (
        select
            order_id,
            customer_id,
            product_id,
            min(placed_at) as placed_at,
            count(*) as line_count,
            sum(quantity) as units
        from lines_of_customers
        group by order_id, customer_id, product_id
    ),

    pairs as (
        select
            order_id,
            customer_id,
            product_id,
            lag(units) over (
                partition by customer_id, product_id order by placed_at, order_id
            ) as last_units,
            count(*) over (
                partition by customer_id, product_id {{ earlier }}
            ) as times_bought,
            sum(line_count) over (
                partition by customer_id, product_id {{ earlier }}
            ) as line_count,
            sum(units) over (
                partition by customer_id, product_id {{ earlier }}
            ) as units
        from by_pair
    ),

    by_customer as (
        select
            order_id,
            customer_id,
            min(placed_at) as placed_at,
            count(*) as line_count,
            sum(quantity) as units,
            {{ demand_revenue() }} as amount
        from lines_of_customers
        group by order_id, customer_id
    ),

    customers as (
        select
            order_id,
            customer_id,
            count(*) over (partition by customer_id {{ earlier }}) as order_count,
            sum(line_count) over (partition by customer_id {{ earlier }}) as line_count,
            sum(units) over (partition by customer_id {{ earlier }}) as units,
            sum(amount) over (partition by customer_id {{ earlier }}) as amount,
            lag(cast(placed_at as date)) over (
                partition by customer_id order by placed_at, order_id
            ) as last_order_date
        from by_customer
    )

select
    cast(lines.order_line_id as bigint) as order_line_id,
    cast(lines.order_id as {{ dbt.type_string() }}) as order_id,
    cast(lines.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(lines.product_id as {{ dbt.type_string() }}) as product_id,
    cast(lines.country as {{ dbt.type_string() }}) as country,
    cast(lines.ordered_at as timestamp) as ordered_at,
    cast(lines.quantity as bigint) as quantity,
    cast(lines.unit_price as decimal(18, 4)) as unit_price,
    cast(pairs.last_units as bigint) as last_units,
    cast(pairs.times_bought as bigint) as times_bought,
    {{ ratio("pairs.units", "pairs.line_count") }} as pair_mean_quantity,
    cast(coalesce(products.line_count, 0) as bigint) as product_line_count,
    {{ ratio("products.units", "products.line_count") }} as product_mean_quantity,
    {{ ratio("lines.unit_price * products.line_count", "products.prices") }}
    as relative_price,
    cast(customers.order_count as bigint) as customer_order_count,
    cast(coalesce(customers.line_count, 0) as bigint) as customer_line_count,
    {{ ratio("customers.units", "customers.line_count") }} as customer_mean_quantity,
    {{ ratio("customers.amount", "customers.line_count") }}
    as customer_mean_line_amount,
    cast(
        {{ days_between("customers.last_order_date", "lines.order_date") }} as int
    ) as days_since_order,
    cast(extract(month from lines.ordered_at) as int) as month,
    cast({{ day_of_week("lines.order_date") }} as int) as day_of_week,
    cast(extract(hour from lines.ordered_at) as int) as hour_of_day
from affected as lines
inner join
    pairs
    on lines.order_id = pairs.order_id
    and lines.customer_id = pairs.customer_id
    and lines.product_id = pairs.product_id
inner join
    products
    on lines.order_id = products.order_id
    and lines.product_id = products.product_id
inner join
    customers
    on lines.order_id = customers.order_id
    and lines.customer_id = customers.customer_id
