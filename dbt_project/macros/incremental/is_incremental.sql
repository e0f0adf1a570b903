{#-
  dbt's own, but that a table without the columns of its model's contract is built anew: rows that
  are there already would keep a NULL in a column that came later.
-#}
{% macro is_incremental() %}
    {%- if should_full_refresh() or not dbt.is_incremental() -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set promised = [] -%}
    {%- if config.get("contract").enforced -%}
        {%- do promised.extend(model.columns.keys() | map("lower")) -%}
    {%- endif -%}
    {%- set there = (lake_columns(this) or []) | map("lower") | list -%}
    {%- do return(promised | reject("in", there) | list | length == 0) -%}
{% endmacro %}
