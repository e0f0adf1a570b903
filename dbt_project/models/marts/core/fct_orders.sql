with
    orders as (
        select
            order_id,
            -- One invoice, one customer and one country; two invoices in a thousand
            -- have two timestamps, a minute apart.
            max(customer_id) as customer_id,
            max(country) as country,
            min(ordered_at) as ordered_at,
            max(upper(substring(order_id, 1, 1))) as order_kind,
            {{ order_count() }} as order_count,
            {{ line_count() }} as line_count,
            {{ unit_count() }} as unit_count,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount
        from {{ ref("fct_order_lines") }}
        group by order_id
    )

select
    cast(order_id as {{ dbt.type_string() }}) as order_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(ordered_at as timestamp) as ordered_at,
    cast(ordered_at as date) as order_date,
    cast(order_count = 1 as boolean) as is_order,
    cast(order_kind = 'C' as boolean) as is_cancellation,
    line_count,
    unit_count,
    net_amount,
    gross_amount,
    return_amount,
    product_amount
from orders
