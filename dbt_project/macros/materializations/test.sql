{#-
  A data test that keeps the rows which fail it, where store_failures is on. A table is made only
  for a test that fails, and goes when the test passes again: dbt's own makes one for every test.
-#}
{% materialization test, adapter = "duckdb" %}
    {%- set sql_of_rows = get_limit_subquery_sql(sql, config.get("limit")) -%}
    {%- set kept = lake_tested(sql_of_rows) -%}
    {%- if kept is not none -%} {%- do lake_rebuild(kept, sql_of_rows) -%} {%- endif -%}
    {{ return({"relations": [kept] if kept is not none else []}) }}
{% endmaterialization %}

{#- Run the test; returns the table that its rows are to be kept in, or none. -#}
{% macro lake_tested(sql_of_rows) %}
    {%- call statement("main", fetch_result=true) -%}
        {{
            get_test_sql(
                sql_of_rows,
                config.get("fail_calc"),
                config.get("warn_if"),
                config.get("error_if"),
                limit=none,
            )
        }}
    {%- endcall -%}
    {%- if not should_store_failures() -%} {%- do return(none) -%} {%- endif -%}
    {%- set kept = this.incorporate(type="table") -%}
    {%- if load_result("main").table.rows[0][0] -%}
        {%- do return(kept) -%}
    {%- endif -%}
    {%- if load_cached_relation(this) is not none -%}
        {%- do adapter.drop_relation(kept) -%}
    {%- endif -%}
    {%- do return(none) -%}
{% endmacro %}
