-- depends_on: {{ ref("fct_order_lines") }}, {{ ref("int_cancellations_matched") }}
-- depends_on: {{ ref("dim_dates") }}
{{
    config(
        materialized="incremental",
        unique_key=["customer_id", "product_id", "order_id"],
        on_schema_change="append_new_columns",
        replace_where="customer_id in ({{ changed_customers(this) }})",
    )
}}

select
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(product_id as {{ dbt.type_string() }}) as product_id,
    cast(order_id as {{ dbt.type_string() }}) as order_id,
    cast(min(ordered_at) as timestamp) as interacted_at,
    {{ demand_units() }} as demand_units,
    {{ demand_revenue() }} as demand_amount,
    {{ line_count() }} as line_count,
    cast(sum(order_line_id) as bigint) as line_checksum,
    cast(max(ingest_seq) as bigint) as latest_ingest_seq
from {{ ref("int_demand_lines") }}
where
    customer_id is not null
    {% if is_incremental() %}
        and customer_id in ({{ changed_customers(this) }})
    {% endif %}
group by customer_id, product_id, order_id
