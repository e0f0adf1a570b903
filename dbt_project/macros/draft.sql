{#-
  What a run builds is a draft until the run has ended: readers find the tables of the last run in
  which nothing failed, and then all of the new ones at once (lakehouse/catalog/drafts.py). A test
  of what the models say fails the run and holds back nothing: no run of dbt builds their tables.
-#}
{% macro lake_begin() %}
    {%- if execute and flags.WHICH in ["build", "run", "seed", "snapshot"] -%}
        {%- do adapter.dispatch("lake_begin")() -%}
    {%- endif -%}
{% endmacro %}

{% macro default__lake_begin() %} {% endmacro %}

{% macro duckdb__lake_begin() %}
    {%- do lake_ask({"action": "begin", "run": invocation_id}) -%}
{% endmacro %}

{% macro lake_end(results) %}
    {%- if execute -%} {%- do adapter.dispatch("lake_end")(results) -%} {%- endif -%}
{% endmacro %}

{% macro default__lake_end(results) %} {% endmacro %}

{% macro duckdb__lake_end(results) %}
    {%- set failed = [] -%}
    {%- set skipped = [] -%}
    {%- for result in results
        if not (result.node.resource_type == "test" and "ml" in result.node.tags) -%}
        {%- if result.status == "skipped" -%}
            {%- do skipped.append(result.node.name) -%}
        {%- elif result.status not in ["success", "pass", "warn", "no-op"] -%}
            {%- do failed.append(result.node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set request = {
        "action": "end",
        "run": invocation_id,
        "failed": failed + skipped,
        "empty": flags.EMPTY,
    } -%}
    {%- do lake_ask(request) -%}
    {%- if request.drafted and (failed or skipped) -%}
        {%- do log(
            "Nothing was published, the tables are as before. Failed: "
            ~ (failed | join(", "))
            ~ "; skipped: "
            ~ (skipped | length),
            info=true,
        ) -%}
    {%- elif request.published -%}
        {%- do log(
            "Published "
            ~ (request.published.tables | length)
            ~ " tables together, as publication "
            ~ request.published.number
            ~ ".",
            info=true,
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- Ask the plugin something that is about no single table. -#}
{% macro lake_ask(request) %}
    {%- set lake = api.Relation.create(database="lake") -%}
    {%- do adapter.store_relation("lake", lake, [], "", "iceberg", request) -%}
{% endmacro %}
