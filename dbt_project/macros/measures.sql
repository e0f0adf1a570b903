{#-
  The measures, each defined here alone, and each an aggregate over order lines (amounts in
  pounds). docs/warehouse.md says which question each one answers.
-#}
{#- A product that was sold or given back: no service, no voucher, no write-off, no bad debt. -#}
{% macro is_product_line() -%}
    (product_kind = 'product' and line_type in ('sale', 'cancellation'))
{%- endmacro %}

{#- Net revenue: quantity times price of every line, whatever its type. That of the logs. -#}
{% macro net_revenue() -%} cast(sum(net_amount) as decimal(18, 4)) {%- endmacro %}

{#- Gross revenue: lines of a positive quantity at a positive price, services among them. -#}
{% macro gross_revenue() -%} cast(sum(gross_amount) as decimal(18, 4)) {%- endmacro %}

{#- Returns: what the lines of cancelling invoices took back. -#}
{% macro returns() -%} cast(sum(return_amount) as decimal(18, 4)) {%- endmacro %}

{#- Product revenue: net revenue of products, sold less given back. -#}
{% macro product_revenue() -%}
    cast(sum(product_amount) as decimal(18, 4))
{%- endmacro %}

{#- Demand, over int_demand_lines: sales of products that were not taken back whole in a day. -#}
{% macro demand_units() -%} cast(sum(quantity) as bigint) {%- endmacro %}

{% macro demand_revenue() -%} cast(sum(net_amount) as decimal(18, 4)) {%- endmacro %}

{#-
  Orders among the lines: invoices with at least one line that sells a product. Cancellations,
  bad debt, write-offs, samples and invoices of postage, fees or vouchers alone are none.
-#}
{% macro order_count() -%}
    cast(count(distinct case when line_type = 'sale' then order_id end) as bigint)
{%- endmacro %}

{#- Lines of any type, and their units: returns and write-offs are taken off. -#}
{% macro line_count() -%} cast(count(*) as bigint) {%- endmacro %}

{% macro unit_count() -%} cast(sum(quantity) as bigint) {%- endmacro %}
