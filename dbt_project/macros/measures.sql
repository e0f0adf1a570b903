{#-
  The measures that more than one model needs, each defined here alone. They are aggregates over
  order lines.
-#}
{#-
  Orders among the lines: invoices with at least one line that sells a product. Cancellations,
  adjustments (bad debt, corrections), write-offs, samples and invoices of postage or fees alone
  are none.
-#}
{% macro order_count() %}
    count(distinct case when line_type = 'sale' then order_id end)
{% endmacro %}
