select
    cast(product_id as {{ dbt.type_string() }}) as product_id,
    cast(order_date as date) as demand_date,
    {{ demand_units() }} as demand_units,
    {{ demand_revenue() }} as demand_amount,
    cast(count(distinct order_id) as bigint) as order_count
from {{ ref("int_demand_lines") }}
group by product_id, order_date
