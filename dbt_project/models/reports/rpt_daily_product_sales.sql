with
    -- write-offs and postage are no sales of products; returns of products are
    lines as (
        select * from {{ ref("fct_order_lines") }} where line_type <> 'adjustment'
    ),

    products as (select * from {{ ref("dim_products") }} where not is_service),

    daily as (
        select
            order_date,
            country,
            product_id,
            sum(net_amount) as net_amount,
            sum(gross_amount) as gross_amount,
            sum(quantity) as unit_count
        from lines
        group by order_date, country, product_id
    )

select
    cast(daily.order_date as date) as order_date,
    cast(daily.country as {{ dbt.type_string() }}) as country,
    cast(daily.product_id as {{ dbt.type_string() }}) as product_id,
    cast(products.description as {{ dbt.type_string() }}) as description,
    cast(daily.net_amount as decimal(18, 4)) as net_amount,
    cast(daily.gross_amount as decimal(18, 4)) as gross_amount,
    cast(daily.unit_count as bigint) as unit_count
from daily
inner join products on daily.product_id = products.product_id
