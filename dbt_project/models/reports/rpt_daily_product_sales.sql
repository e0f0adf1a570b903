{{
    config(
        materialized="incremental",
        unique_key=["order_date", "country", "product_id"],
        on_schema_change="append_new_columns",
        replace_where="order_date in ({{ changed_product_days(this) }})",
    )
}}

with
    daily as (
        select
            order_date,
            country,
            product_id,
            {{ product_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ unit_count() }} as unit_count,
            {{ line_count() }} as line_count
        from {{ ref("fct_order_lines") }}
        where
            {{ is_product_line() }}
            {% if is_incremental() %}
                and (
                    order_date in ({{ changed_product_days(this) }})
                    or product_id in ({{ renamed_products(this) }})
                )
            {% endif %}
        group by order_date, country, product_id
    ),

    -- of lines of any type, so that the report changes whenever its source does
    days as (
        select order_date, max(ingest_seq) as latest_ingest_seq
        from {{ ref("fct_order_lines") }}
        group by order_date
    )

select
    cast(daily.order_date as date) as order_date,
    cast(daily.country as {{ dbt.type_string() }}) as country,
    cast(daily.product_id as {{ dbt.type_string() }}) as product_id,
    cast(products.description as {{ dbt.type_string() }}) as description,
    daily.net_amount,
    daily.gross_amount,
    daily.return_amount,
    daily.unit_count,
    daily.line_count,
    cast(days.latest_ingest_seq as bigint) as latest_ingest_seq
from daily
inner join days on daily.order_date = days.order_date
inner join
    {{ ref("dim_products") }} as products on daily.product_id = products.product_id
