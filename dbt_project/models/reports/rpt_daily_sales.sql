with
    lines as (
        select
            order_date,
            country,
            sum(net_amount) as net_amount,
            sum(gross_amount) as gross_amount,
            sum(return_amount) as return_amount,
            count(*) as line_count,
            sum(quantity) as unit_count
        from {{ ref("fct_order_lines") }}
        group by order_date, country
    ),

    -- on the day of its first line, so that an order over midnight counts once
    orders as (
        select order_date, country, count(*) as order_count
        from {{ ref("fct_orders") }}
        where is_order
        group by order_date, country
    )

select
    cast(lines.order_date as date) as order_date,
    cast(lines.country as {{ dbt.type_string() }}) as country,
    cast(lines.net_amount as decimal(18, 4)) as net_amount,
    cast(lines.gross_amount as decimal(18, 4)) as gross_amount,
    cast(lines.return_amount as decimal(18, 4)) as return_amount,
    cast(coalesce(orders.order_count, 0) as bigint) as order_count,
    cast(lines.line_count as bigint) as line_count,
    cast(lines.unit_count as bigint) as unit_count
from lines
left join
    orders on lines.order_date = orders.order_date and lines.country = orders.country
