with
    orders as (
        select
            country,
            sum(case when is_order then 1 else 0 end) as order_count,
            count(distinct customer_id) as customer_count,
            min(order_date) as first_seen_date,
            max(order_date) as last_seen_date,
            {{ net_revenue() }} as net_amount
        from {{ ref("fct_orders") }}
        group by country
    ),

    -- an invoice of two countries is counted in one of them, its lines in both
    lines as (select distinct country from {{ ref("fct_order_lines") }})

select
    cast(lines.country as {{ dbt.type_string() }}) as country,
    cast(countries.country_code as {{ dbt.type_string() }}) as country_code,
    cast(countries.country_name as {{ dbt.type_string() }}) as country_name,
    cast(
        coalesce(countries.country_code, '')
        = '{{ var("home_country_code") }}' as boolean
    ) as is_home,
    cast(orders.first_seen_date as date) as first_seen_date,
    cast(orders.last_seen_date as date) as last_seen_date,
    cast(coalesce(orders.customer_count, 0) as bigint) as customer_count,
    cast(coalesce(orders.order_count, 0) as bigint) as order_count,
    cast(coalesce(orders.net_amount, 0) as decimal(18, 4)) as net_amount
from lines
left join orders on lines.country = orders.country
left join {{ ref("countries") }} as countries on lines.country = countries.country
