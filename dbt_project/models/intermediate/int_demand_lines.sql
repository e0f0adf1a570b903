-- depends_on: {{ ref("fct_order_lines") }}, {{ ref("int_cancellations_matched") }}
-- depends_on: {{ ref("dim_dates") }}
{{ demand_lines() }}
