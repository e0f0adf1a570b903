{{
    config(
        materialized="incremental",
        unique_key=["order_date", "country"],
        on_schema_change="append_new_columns",
        replace_where="order_date in ({{ changed_sales_days(this) }})",
    )
}}

with
    lines as (
        select
            order_date,
            country,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount,
            {{ line_count() }} as line_count,
            {{ unit_count() }} as unit_count,
            max(ingest_seq) as latest_ingest_seq
        from {{ ref("fct_order_lines") }}
        {% if is_incremental() %}
            where order_date in ({{ changed_sales_days(this) }})
        {% endif %}
        group by order_date, country
    ),

    -- on the day of its first line, so that an order over midnight counts once
    orders as (
        select order_date, country, count(*) as order_count
        from {{ ref("fct_orders") }}
        where is_order
        group by order_date, country
    )

select
    cast(lines.order_date as date) as order_date,
    cast(lines.country as {{ dbt.type_string() }}) as country,
    lines.net_amount,
    lines.gross_amount,
    lines.return_amount,
    lines.product_amount,
    cast(coalesce(orders.order_count, 0) as bigint) as order_count,
    lines.line_count,
    lines.unit_count,
    cast(lines.latest_ingest_seq as bigint) as latest_ingest_seq
from lines
left join
    orders on lines.order_date = orders.order_date and lines.country = orders.country
