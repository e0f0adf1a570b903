with
    orders as (select * from {{ ref("fct_orders") }} where customer_id is not null),

    -- nine customers of the UCI data moved: the country of the latest order is theirs
    latest as (
        select
            customer_id,
            country,
            row_number() over (
                partition by customer_id order by ordered_at desc, order_id desc
            ) as recency
        from orders
    ),

    customers as (
        select
            customer_id,
            min(case when is_order then order_date end) as first_order_date,
            max(case when is_order then order_date end) as last_order_date,
            sum(case when is_order then 1 else 0 end) as order_count,
            sum(case when is_cancellation then 1 else 0 end) as cancellation_count,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount
        from orders
        group by customer_id
    )

select
    cast(customers.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(latest.country as {{ dbt.type_string() }}) as country,
    cast(customers.first_order_date as date) as first_order_date,
    cast(customers.last_order_date as date) as last_order_date,
    cast(customers.order_count as bigint) as order_count,
    cast(customers.cancellation_count as bigint) as cancellation_count,
    customers.net_amount,
    customers.gross_amount,
    customers.return_amount,
    customers.product_amount
from customers
inner join latest on customers.customer_id = latest.customer_id and latest.recency = 1
