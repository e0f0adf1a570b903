with
    orders as (
        select customer_id, {{ month_start("order_date") }} as month_date, net_amount
        from {{ ref("fct_orders") }}
        where
            is_order
            and customer_id is not null
            and {{ in_trading_period("order_date") }}
    ),

    firsts as (
        select customer_id, min(month_date) as cohort_month
        from orders
        group by customer_id
    ),

    cohorts as (
        select cohort_month, count(*) as customer_count
        from firsts
        group by cohort_month
    ),

    months as (
        select distinct {{ month_start("date_day") }} as month_date
        from {{ ref("dim_dates") }}
        where is_in_trading_period
    ),

    activity as (
        select
            firsts.cohort_month,
            orders.month_date,
            count(distinct orders.customer_id) as active_customer_count,
            count(*) as order_count,
            sum(orders.net_amount) as net_amount
        from orders
        inner join firsts on orders.customer_id = firsts.customer_id
        group by firsts.cohort_month, orders.month_date
    ),

    -- months in which nobody of a cohort came are there too
    grid as (
        select
            cohorts.cohort_month,
            cohorts.customer_count,
            months.month_date,
            coalesce(activity.active_customer_count, 0) as active_customer_count,
            coalesce(activity.order_count, 0) as order_count,
            coalesce(activity.net_amount, 0) as net_amount
        from cohorts
        inner join months on cohorts.cohort_month <= months.month_date
        left join
            activity
            on cohorts.cohort_month = activity.cohort_month
            and months.month_date = activity.month_date
    )

select
    cast(cohort_month as date) as cohort_month,
    cast({{ months_between("cohort_month", "month_date") }} as int) as months_since,
    cast(month_date as date) as month_date,
    cast(customer_count as bigint) as customer_count,
    cast(active_customer_count as bigint) as active_customer_count,
    {{ ratio("active_customer_count", "customer_count") }} as retention_rate,
    cast(order_count as bigint) as order_count,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(
        sum(net_amount) over (
            partition by cohort_month
            order by month_date
            rows between unbounded preceding and current row
        ) as decimal(18, 4)
    ) as cumulative_net_amount
from grid
