{#-
  The query of int_demand_lines, as a macro because a replace_where can't refer to an ephemeral
  model.
-#}
{% macro demand_lines() -%}
    select lines.*
    from {{ ref("fct_order_lines") }} as lines
    left join
        (
            select distinct purchase_line_id
            from {{ ref("int_cancellations_matched") }}
            where match_kind = 'undone'
        ) as undone
        on lines.order_line_id = undone.purchase_line_id
    where
        lines.line_type = 'sale'
        and undone.purchase_line_id is null
        and {{ in_trading_period("lines.order_date") }}
{%- endmacro %}
