{#- As on DuckDB (materializations/test.sql): a table only for a test that fails. -#}
{% materialization test, adapter = "sail" %}
    {%- set sql_of_rows = get_limit_subquery_sql(sql, config.get("limit")) -%}
    {%- set kept = lake_tested(sql_of_rows) -%}
    {%- if kept is not none -%} {%- do sail_rebuild(kept, sql_of_rows) -%} {%- endif -%}
    {{ return({"relations": [kept] if kept is not none else []}) }}
{% endmaterialization %}
