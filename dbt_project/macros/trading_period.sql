{#-
  Whether a day belongs to the trading period (dim_dates): a clock that was wrong must not move
  what is counted from the last day, nor be what a model learns from.
-#}
{% macro in_trading_period(day) -%}
    {{ day }}
    in (select date_day from {{ ref("dim_dates") }} where is_in_trading_period)
{%- endmacro %}
