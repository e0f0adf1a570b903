{%- set landed = source("landing", "order_lines") -%}
{{
    config(
        materialized="incremental",
        unique_key="order_line_id",
        on_schema_change="append_new_columns",
        replace_where="ingest_seq in ({{ changed_deliveries(source('landing', 'order_lines'), this) }})",
        partitioned_by=["month(order_date)"],
    )
}}

select
    cast(order_line_id as bigint) as order_line_id,
    cast(order_id as {{ dbt.type_string() }}) as order_id,
    cast(product_id as {{ dbt.type_string() }}) as product_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(description as {{ dbt.type_string() }}) as description,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(ordered_at as timestamp) as ordered_at,
    cast(order_date as date) as order_date,
    cast(line_type as {{ dbt.type_string() }}) as line_type,
    cast(product_kind as {{ dbt.type_string() }}) as product_kind,
    cast(quantity as bigint) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(return_amount as decimal(18, 4)) as return_amount,
    cast(product_amount as decimal(18, 4)) as product_amount,
    cast(source_file as {{ dbt.type_string() }}) as source_file,
    cast(source_line as bigint) as source_line,
    cast(ingest_seq as bigint) as ingest_seq
from {{ ref("int_order_lines_classified") }}
{% if is_incremental() %}
    where ingest_seq in ({{ changed_deliveries(landed, this) }})
{% endif %}
