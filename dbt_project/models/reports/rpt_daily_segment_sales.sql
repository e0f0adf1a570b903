with
    orders as (
        select
            orders.*,
            coalesce(segments.segment, 'none') as segment,
            cast(orders.is_order as int) as order_count
        from {{ ref("fct_orders") }} as orders
        left join
            {{ ref("dim_customer_segments") }} as segments
            on orders.customer_id = segments.customer_id
    )

select
    cast(order_date as date) as order_date,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(segment as {{ dbt.type_string() }}) as segment,
    {{ net_revenue() }} as net_amount,
    {{ gross_revenue() }} as gross_amount,
    {{ returns() }} as return_amount,
    cast(sum(order_count) as bigint) as order_count,
    cast(sum(unit_count) as bigint) as unit_count
from orders
group by order_date, country, segment
