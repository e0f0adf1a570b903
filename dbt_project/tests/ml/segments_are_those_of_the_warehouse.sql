-- The models follow the rules of dim_customer_segments. Compared while no line came
-- since.
with
    run as (
        select as_of, last_order_line_id
        from {{ source("ml", "runs") }}
        where run_id in (select run_id from {{ source("ml", "customer_segments") }})
    ),

    newest as (
        select max(order_line_id) as last_order_line_id, max(ordered_at) as ordered_at
        from {{ ref("fct_order_lines") }}
        where {{ in_trading_period("order_date") }}
    )

select warehouse.customer_id, warehouse.segment, said.segment as said
from {{ ref("dim_customer_segments") }} as warehouse
cross join newest
inner join
    run
    on newest.last_order_line_id = run.last_order_line_id
    and newest.ordered_at <= run.as_of
left join
    {{ source("ml", "customer_segments") }} as said
    on warehouse.customer_id = said.customer_id
where said.segment is null or said.segment <> warehouse.segment
