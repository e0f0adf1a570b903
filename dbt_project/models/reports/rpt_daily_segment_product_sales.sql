with
    lines as (
        select lines.*, coalesce(segments.segment, 'none') as segment
        from {{ ref("fct_order_lines") }} as lines
        left join
            {{ ref("dim_customer_segments") }} as segments
            on lines.customer_id = segments.customer_id
        where {{ is_product_line() }}
    )

select
    cast(order_date as date) as order_date,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(segment as {{ dbt.type_string() }}) as segment,
    cast(product_id as {{ dbt.type_string() }}) as product_id,
    {{ product_revenue() }} as net_amount,
    {{ gross_revenue() }} as gross_amount,
    {{ returns() }} as return_amount,
    {{ unit_count() }} as unit_count
from lines
group by order_date, country, segment, product_id
