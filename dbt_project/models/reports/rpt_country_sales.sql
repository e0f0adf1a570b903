with
    monthly as (
        select
            {{ month_start("order_date") }} as month_date,
            country,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount,
            cast(sum(order_count) as bigint) as order_count
        from {{ ref("rpt_daily_sales") }}
        group by {{ month_start("order_date") }}, country
    )

select
    cast(monthly.month_date as date) as month_date,
    cast(monthly.country as {{ dbt.type_string() }}) as country,
    cast(countries.country_code as {{ dbt.type_string() }}) as country_code,
    cast(
        coalesce(countries.country_name, monthly.country) as {{ dbt.type_string() }}
    ) as country_name,
    monthly.net_amount,
    monthly.gross_amount,
    monthly.return_amount,
    monthly.product_amount,
    monthly.order_count,
    {{
        ratio(
            "monthly.net_amount",
            "sum(monthly.net_amount) over (partition by month_date)",
        )
    }} as share_of_month
from monthly
inner join
    {{ ref("dim_countries") }} as countries on monthly.country = countries.country
