with
    weekly as (
        select
            {{ week_start("order_date") }} as week_start_date,
            country,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount,
            cast(sum(order_count) as bigint) as order_count,
            cast(sum(line_count) as bigint) as line_count
        from {{ ref("rpt_daily_sales") }}
        group by {{ week_start("order_date") }}, country
    ),

    weeks as (
        select
            week_start_date,
            min(date_day) as first_date,
            max(date_day) as last_date,
            sum(case when is_trading_day then 1 else 0 end) as trading_day_count
        from {{ ref("dim_dates") }}
        group by week_start_date
    )

select
    cast(weekly.week_start_date as date) as week_start_date,
    cast(weekly.country as {{ dbt.type_string() }}) as country,
    cast(weeks.trading_day_count as bigint) as trading_day_count,
    cast(
        {{ days_between("weeks.first_date", "weeks.last_date") }} = 6 as boolean
    ) as is_whole_week,
    weekly.net_amount,
    weekly.gross_amount,
    weekly.return_amount,
    weekly.product_amount,
    weekly.order_count,
    weekly.line_count
from weekly
inner join weeks on weekly.week_start_date = weeks.week_start_date
