{#-
  History of type 2 as an Iceberg table. dbt's own strategies (timestamp, check) note what a run
  finds; `event_time` derives the history from the states that the query gives, all that ever were,
  so that it is the same however often dbt ran, and a state that came late is put in its place.
-#}
{% materialization snapshot, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set exists = load_cached_relation(this) is not none -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- if config.get("strategy") == "event_time" -%}
        {%- set rows = lake_derive_history(target, exists, sql) -%}
    {%- else -%} {%- set rows = lake_note_changes(target, exists, sql) -%}
    {%- endif -%}
    {%- call noop_statement("main", "OK " ~ rows, "OK", rows) -%}
        {{ sql }}
    {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro lake_note_changes(target, exists, sql) %}
    {%- set strategy = strategy_dispatch(config.get("strategy"))(
        model, "snapshotted_data", "source_data", config, exists
    ) -%}
    {%- if not exists -%}
        {%- do return(lake_rebuild(target, build_snapshot_table(strategy, sql))) -%}
    {%- endif -%}
    {%- set names = (
        config.get("snapshot_table_column_names")
        or get_snapshot_table_column_names()
    ) -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(
        target, names, strategy
    ) -%}
    {%- set news = make_temp_relation(target) -%}
    {%- call statement() -%}
        create temporary table {{ news }} as (
        {{ snapshot_staging_table(strategy, sql, target) }}
        )
    {%- endcall -%}
    {%- set rows = run_query("select count(*) from " ~ news).rows[0][0] | int -%}
    {%- if rows -%}
        {%- do lake_commit(target, lake_changes(target, news)) -%}
    {%- endif -%}
    {%- call statement() -%} drop table {{ news }}
    {%- endcall -%}
    {%- do return(rows) -%}
{% endmacro %}

{#- The statements that close what changed and add what came, new columns first. -#}
{% macro lake_changes(target, news) %}
    {%- set statements = [] -%}
    {%- set columns = [] -%}
    {%- set there = (
        adapter.get_columns_in_relation(target)
        | map(attribute="name")
        | list
    ) -%}
    {%- for column in adapter.get_columns_in_relation(news) -%}
        {%- if not column.name.startswith(("dbt_change_type", "dbt_unique_key")) -%}
            {%- do columns.append(column.quoted) -%}
            {%- if column.name not in there -%}
                {%- do statements.append(
                    "alter table "
                    ~ target
                    ~ " add column "
                    ~ column.quoted
                    ~ " "
                    ~ column.data_type
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do statements.append(dbt.default__snapshot_merge_sql(target, news, columns)) -%}
    {%- do return(statements) -%}
{% endmacro %}
