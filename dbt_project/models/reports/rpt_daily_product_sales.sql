with
    lines as (select * from {{ ref("fct_order_lines") }} where {{ is_product_line() }}),

    products as (select * from {{ ref("dim_products") }}),

    daily as (
        select
            order_date,
            country,
            product_id,
            {{ product_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ unit_count() }} as unit_count
        from lines
        group by order_date, country, product_id
    )

select
    cast(daily.order_date as date) as order_date,
    cast(daily.country as {{ dbt.type_string() }}) as country,
    cast(daily.product_id as {{ dbt.type_string() }}) as product_id,
    cast(products.description as {{ dbt.type_string() }}) as description,
    daily.net_amount,
    daily.gross_amount,
    daily.return_amount,
    daily.unit_count
from daily
inner join products on daily.product_id = products.product_id
