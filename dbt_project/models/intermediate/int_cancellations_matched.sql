-- All of it is matched again and what differs is written: lakehouse.ml computes anew
-- when the table has a new snapshot.
{{
    config(
        materialized="incremental",
        unique_key="cancellation_line_id",
        on_schema_change="append_new_columns",
        replace_where="true",
    )
}}

with
    cancellations as (
        select order_line_id, customer_id, product_id, ordered_at, quantity, net_amount
        from {{ ref("fct_order_lines") }}
        where
            line_type = 'cancellation'
            and product_kind = 'product'
            and customer_id is not null
    ),

    purchases as (
        select order_line_id, customer_id, product_id, ordered_at, quantity
        from {{ ref("fct_order_lines") }}
        where line_type = 'sale' and customer_id is not null
    ),

    candidates as (
        select
            cancellations.order_line_id as cancellation_line_id,
            purchases.order_line_id as purchase_line_id,
            purchases.ordered_at as purchased_at,
            purchases.quantity as purchased_quantity,
            case
                when purchases.quantity <> - cancellations.quantity
                then 'in part'
                when
                    purchases.ordered_at < cancellations.ordered_at - interval '24' hour
                then 'whole'
                else 'undone'
            end as match_kind
        from cancellations
        inner join
            purchases
            on cancellations.customer_id = purchases.customer_id
            and cancellations.product_id = purchases.product_id
            and cancellations.ordered_at >= purchases.ordered_at
    ),

    ranked as (
        select
            candidates.*,
            row_number() over (
                partition by cancellation_line_id
                order by
                    case match_kind when 'undone' then 1 when 'whole' then 2 else 3 end,
                    purchased_at desc,
                    purchase_line_id desc
            ) as preference
        from candidates
    )

select
    cast(cancellations.order_line_id as bigint) as cancellation_line_id,
    cast(cancellations.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(cancellations.product_id as {{ dbt.type_string() }}) as product_id,
    cast(cancellations.ordered_at as timestamp) as cancelled_at,
    cast(- cancellations.quantity as bigint) as cancelled_quantity,
    cast(- cancellations.net_amount as decimal(18, 4)) as cancelled_amount,
    cast(ranked.purchase_line_id as bigint) as purchase_line_id,
    cast(ranked.purchased_at as timestamp) as purchased_at,
    cast(ranked.purchased_quantity as bigint) as purchased_quantity,
    cast(coalesce(ranked.match_kind, 'none') as {{ dbt.type_string() }}) as match_kind
from cancellations
left join
    ranked
    on cancellations.order_line_id = ranked.cancellation_line_id
    and ranked.preference = 1
