with
    monthly as (
        select
            {{ month_start("order_date") }} as month_date,
            product_id,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            cast(sum(unit_count) as bigint) as unit_count
        from {{ ref("rpt_daily_product_sales") }}
        group by {{ month_start("order_date") }}, product_id
    )

select
    cast(monthly.month_date as date) as month_date,
    cast(monthly.product_id as {{ dbt.type_string() }}) as product_id,
    cast(products.description as {{ dbt.type_string() }}) as description,
    monthly.net_amount,
    monthly.gross_amount,
    monthly.return_amount,
    monthly.unit_count,
    cast(
        row_number() over (
            partition by monthly.month_date
            order by monthly.net_amount desc, monthly.product_id asc
        ) as bigint
    ) as rank_in_month
from monthly
inner join
    {{ ref("dim_products") }} as products on monthly.product_id = products.product_id
