-- depends_on: {{ ref("fct_order_lines") }}, {{ ref("int_cancellations_matched") }}
{{ demand_lines() }}
