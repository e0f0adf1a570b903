{#-
  A data test that keeps the rows which fail it, where store_failures is on. A table is made only
  for a test that fails, and goes when the test passes again: dbt's own makes one for every test.
-#}
{% materialization test, adapter = "duckdb" %}
    {%- set sql_of_rows = get_limit_subquery_sql(sql, config.get("limit")) -%}
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
    {%- if not should_store_failures() -%} {{ return({"relations": []}) }} {%- endif -%}
    {%- set kept = this.incorporate(type="table") -%}
    {%- if load_result("main").table.rows[0][0] -%}
        {%- do lake_rebuild(kept, sql_of_rows) -%} {{ return({"relations": [kept]}) }}
    {%- endif -%}
    {%- if load_cached_relation(this) is not none -%}
        {%- do adapter.drop_relation(kept) -%}
    {%- endif -%}
    {{ return({"relations": []}) }}
{% endmaterialization %}
