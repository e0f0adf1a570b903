with
    orders as (select * from {{ ref("fct_orders") }} where is_order),

    contents as (
        select
            order_id,
            count(distinct product_id) as product_count,
            {{ unit_count() }} as unit_count,
            {{ product_revenue() }} as product_amount
        from {{ ref("fct_order_lines") }}
        where line_type = 'sale'
        group by order_id
    ),

    history as (
        select
            order_id,
            row_number() over (
                partition by customer_id order by ordered_at, order_id
            ) as order_number,
            lag(order_date) over (
                partition by customer_id order by ordered_at, order_id
            ) as previous_order_date
        from orders
        where customer_id is not null
    )

select
    cast(orders.order_id as {{ dbt.type_string() }}) as order_id,
    cast(orders.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(orders.country as {{ dbt.type_string() }}) as country,
    cast(orders.ordered_at as timestamp) as ordered_at,
    cast(orders.order_date as date) as order_date,
    cast(history.order_number as bigint) as order_number,
    cast(
        {{ days_between("history.previous_order_date", "orders.order_date") }} as int
    ) as days_since_previous_order,
    cast(contents.product_count as bigint) as product_count,
    contents.unit_count,
    contents.product_amount,
    {{ ratio("contents.product_amount", "contents.unit_count") }} as mean_unit_price,
    cast(
        case
            when contents.product_count = 1
            then 'single'
            when contents.product_count < 10
            then 'small'
            when contents.product_count < 30
            then 'medium'
            else 'large'
        end as {{ dbt.type_string() }}
    ) as basket_size
from orders
inner join contents on orders.order_id = contents.order_id
left join history on orders.order_id = history.order_id
