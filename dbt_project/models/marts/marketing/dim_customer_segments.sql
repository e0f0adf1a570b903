with
    demand as (select * from {{ ref("int_demand_lines") }}),

    as_of as (select {{ add_days("max(order_date)", 1) }} as as_of_date from demand),

    customers as (
        select
            customer_id,
            max(order_date) as last_order_date,
            count(distinct order_id) as order_count,
            {{ demand_revenue() }} as demand_amount
        from demand
        where customer_id is not null
        group by customer_id
    ),

    measured as (
        select
            customers.*,
            as_of.as_of_date,
            {{ days_between("customers.last_order_date", "as_of.as_of_date") }}
            as recency_days
        from customers
        cross join as_of
    )

select
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(as_of_date as date) as as_of_date,
    cast(recency_days as int) as recency_days,
    cast(order_count as bigint) as order_count,
    demand_amount,
    cast(
        ntile(5) over (order by recency_days desc, customer_id asc) as int
    ) as recency_score,
    cast(
        ntile(5) over (order by order_count asc, customer_id asc) as int
    ) as frequency_score,
    cast(
        ntile(5) over (order by demand_amount asc, customer_id asc) as int
    ) as monetary_score,
    cast(
        case
            when recency_days <= 30 and order_count >= 5
            then 'champions'
            when recency_days <= 90 and order_count >= 3
            then 'loyal'
            when recency_days <= 90 and order_count = 1
            then 'new'
            when recency_days <= 90
            then 'promising'
            when order_count >= 3
            then 'at_risk'
            else 'lapsed'
        end as {{ dbt.type_string() }}
    ) as segment
from measured
