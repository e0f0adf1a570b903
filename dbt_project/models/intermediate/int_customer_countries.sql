with
    invoices as (
        select
            customer_id,
            country,
            ordered_at,
            row_number() over (
                partition by customer_id, ordered_at order by order_id desc
            ) as preference
        from {{ ref("fct_orders") }}
        where customer_id is not null
    )

select customer_id, ordered_at as seen_at, country
from invoices
where preference = 1
