with
    lines as (select * from {{ ref("fct_order_lines") }}),

    orders as (
        select
            order_id,
            -- one invoice, one customer and one country; two invoices in a thousand
            -- have two
            -- timestamps, a minute apart
            max(customer_id) as customer_id,
            max(country) as country,
            min(ordered_at) as ordered_at,
            max(upper(substring(order_id, 1, 1))) as order_kind,
            {{ order_count() }} as order_count,
            count(*) as line_count,
            sum(quantity) as unit_count,
            sum(net_amount) as net_amount,
            sum(gross_amount) as gross_amount,
            sum(return_amount) as return_amount
        from lines
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
    cast(line_count as bigint) as line_count,
    cast(unit_count as bigint) as unit_count,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(return_amount as decimal(18, 4)) as return_amount
from orders
