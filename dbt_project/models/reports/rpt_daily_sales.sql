with lines as (select * from {{ ref("fct_order_lines") }})

select
    cast(order_date as date) as order_date,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(sum(net_amount) as decimal(18, 4)) as net_amount,
    cast(sum(gross_amount) as decimal(18, 4)) as gross_amount,
    cast(sum(return_amount) as decimal(18, 4)) as return_amount,
    cast(
        count(
            distinct case when line_type <> 'cancellation' then order_id end
        ) as bigint
    ) as order_count,
    cast(count(*) as bigint) as line_count,
    cast(sum(quantity) as bigint) as unit_count
from lines
group by order_date, country
