{#-
  The rows of the model are merged into the table by `unique_key`: new keys are added, those that
  changed are updated. `replace_where` is a condition on the table's rows, rendered when the model
  runs: rows that fulfil it and that the model does not give any more are deleted. Nothing else is
  touched. A first run or --full-refresh rebuilds the table.
-#}
{% materialization incremental, adapter = "duckdb", supported_languages = ["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set unique_key = lake_unique_key() -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- if is_incremental() -%}
        {%- set replaced = render(config.get("replace_where") or "false") -%}
        {%- set rows = lake_merge(
            target, lake_contracted(sql), unique_key, replaced
        ) -%}
    {%- else -%} {%- set rows = lake_rebuild(target, lake_contracted(sql)) -%}
    {%- endif -%}
    {%- call noop_statement("main", "OK " ~ rows, "OK", rows) -%}
        {{ sql }}
    {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro lake_unique_key() %}
    {%- set strategy = config.get("incremental_strategy") or "merge" -%}
    {%- set unique_key = config.get("unique_key") or [] -%}
    {%- if strategy != "merge" -%}
        {%- do exceptions.raise_compiler_error(
            "incremental_strategy: the lake knows merge, not " ~ strategy
        ) -%}
    {%- elif not unique_key -%}
        {%- do exceptions.raise_compiler_error(
            this ~ " merges, and so needs a unique_key"
        ) -%}
    {%- endif -%}
    {%- do return([unique_key] if unique_key is string else unique_key) -%}
{% endmacro %}

{#-
  Merge the rows of `sql` into the table as one commit, and take back those `replaced` (a condition)
  that it does not give; returns how many rows came or went.
-#}
{% macro lake_merge(target, sql, unique_key, replaced) %}
    {%- set news = make_temp_relation(target) -%}
    {%- call statement() -%} create temporary table {{ news }} as ({{ sql }}
    ) {%- endcall -%}
    {%- set rows = lake_check_keys(news, unique_key) -%}
    {%- set change = lake_schema_change(news, target) -%}
    {%- set gone = lake_gone(target, news, unique_key, replaced) -%}
    {%- if gone.rows -%} {%- do change.statements.append(gone.delete) -%} {%- endif -%}
    {%- if rows -%}
        {%- do change.statements.append(
            lake_merge_sql(target, news, unique_key, change.columns)
        ) -%}
    {%- endif -%}
    {%- do lake_commit(target, change.statements) -%}
    {%- call statement() -%} drop table {{ news }}
        ; drop table if exists {{ gone.table }}
    {%- endcall -%}
    {%- do return(rows + gone.rows) -%}
{% endmacro %}

{#- The keys that are taken back: how many, the table of them, and what deletes them. -#}
{% macro lake_gone(target, news, unique_key, replaced) %}
    {%- set keys = make_temp_relation(target, "__gone") -%}
    {%- set names = unique_key | join(", ") -%}
    {%- call statement() -%}
        create temporary table {{ keys }} as (
            select {{ names }} from {{ target }} where {{ replaced }}
            except
            select {{ names }} from {{ news }}
        )
    {%- endcall -%}
    {%- set condition = (
        "(" ~ names ~ ") in (select (" ~ names ~ ") from " ~ keys ~ ")"
    ) -%}
    {%- do return(
        {
            "rows": run_query("select count(*) from " ~ keys).rows[0][0]
            | int,
            "table": keys,
            "delete": "delete from " ~ target ~ " where " ~ condition,
        }
    ) -%}
{% endmacro %}

{#- A key that came twice has no single row to win, and one that is NULL never matches. -#}
{% macro lake_check_keys(news, unique_key) %}
    {%- set keys = unique_key | join(", ") -%}
    {%- set counts %}
        select
            count(*),
            count(*) - count(distinct ({{ keys }})),
            count(*) filter (where {{ unique_key | join(" is null or ") }} is null)
        from {{ news }}
    {%- endset -%}
    {%- set rows, doubles, nulls = run_query(counts).rows[0].values() -%}
    {%- if nulls -%}
        {%- do exceptions.raise_compiler_error(
            this
            ~ ": unique_key ("
            ~ keys
            ~ ") is null in "
            ~ nulls
            ~ " rows"
        ) -%}
    {%- elif doubles -%}
        {%- set example = (
            run_query(
                "select "
                ~ keys
                ~ " from "
                ~ news
                ~ " group by "
                ~ keys
                ~ " having count(*) > 1 limit 1"
            )
            .rows[0]
            .values()
        ) -%}
        {%- do exceptions.raise_compiler_error(
            this
            ~ ": unique_key ("
            ~ keys
            ~ ") is not unique in the new rows: "
            ~ doubles
            ~ " of them come again, for example "
            ~ example
            | join(", ")
        ) -%}
    {%- endif -%}
    {%- do return(rows | int) -%}
{% endmacro %}

{#- What on_schema_change asks for: statements to run first, and the columns to merge then. -#}
{% macro lake_schema_change(news, target) %}
    {%- set mode = config.get("on_schema_change") or "ignore" -%}
    {#- A table without a column of the contract is built anew: is_incremental. -#}
    {%- if config.get("contract").enforced and mode in [
        "ignore",
        "append_new_columns",
    ] -%}
        {%- set promised = [] -%}
        {%- for name in model.columns -%}
            {%- do promised.append(api.Column.create(name, "")) -%}
        {%- endfor -%}
        {%- do return({"statements": [], "columns": promised}) -%}
    {%- endif -%}
    {%- set found = check_for_schema_changes(news, target) -%}
    {%- set statements = [] -%}
    {%- if mode == "fail" and found.schema_changed -%}
        {%- do exceptions.raise_compiler_error(
            this
            ~ " has other columns than the model; run with --full-refresh. New: "
            ~ found.source_not_in_target
            | map(attribute="name")
            | join(", ") ~ "; gone: " ~ found.target_not_in_source
            | map(attribute="name")
            | join(", ") ~ "; other type: " ~ found.new_target_types
            | map(attribute="column_name")
            | join(", ")
        ) -%}
    {%- endif -%}
    {%- set alter = "alter table " ~ target -%}
    {%- if mode in ["append_new_columns", "sync_all_columns"] -%}
        {%- for column in found.source_not_in_target -%}
            {%- do statements.append(
                alter
                ~ " add column "
                ~ column.quoted
                ~ " "
                ~ column.data_type
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if mode == "sync_all_columns" -%}
        {%- for column in found.target_not_in_source -%}
            {%- do statements.append(alter ~ " drop column " ~ column.quoted) -%}
        {%- endfor -%}
        {%- for change in found.new_target_types -%}
            {%- do statements.append(
                alter
                ~ " alter column "
                ~ adapter.quote(change.column_name)
                ~ " type "
                ~ change.new_type
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {#- Under `ignore`, a column that the table lacks stays out. -#}
    {%- set left_out = [] -%}
    {%- if mode == "ignore" -%}
        {%- do left_out.extend(found.source_not_in_target | map(attribute="name")) -%}
    {%- endif -%}
    {%- set columns = (
        found.source_columns | rejectattr("name", "in", left_out) | list
    ) -%}
    {%- do return({"statements": statements, "columns": columns}) -%}
{% endmacro %}

{% macro lake_merge_sql(target, news, unique_key, columns) %}
    {%- set names = columns | map(attribute="quoted") | list -%}
    {%- set keys = unique_key | map("lower") | list -%}
    {%- set excluded = config.get("merge_exclude_columns", []) | map("lower") | list -%}
    {%- set included = config.get("merge_update_columns", []) | map("lower") | list -%}
    {%- set updated = [] -%}
    {%- for column in columns -%}
        {%- set name = column.name | lower -%}
        {%- if name not in keys and name not in excluded and (
            not included or name in included
        ) -%}
            {%- do updated.append(column.quoted) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set predicates = config.get("incremental_predicates") or [] -%}
    merge into {{ target }} as dbt_internal_dest
    using {{ news }} as dbt_internal_source
    on
    {% for key in unique_key -%}
            dbt_internal_dest.{{ key }} = dbt_internal_source.{{ key }}
        {{- " and " if not loop.last }}
    {%- endfor %}
    {% for predicate in predicates %}and ({{ predicate }}){% endfor %}
    {% if updated -%}
        when matched
            and (
        {% for name in updated -%}
                    dbt_internal_dest.{{ name }} is distinct from dbt_internal_source.{{ name }}
            {{- " or " if not loop.last }}
        {%- endfor %}
            )
        then
            update
            set
        {% for name in updated -%}
            {{ name }} = dbt_internal_source.{{ name }}{{ ", " if not loop.last }}
        {%- endfor %}
    {%- endif %}
    when not matched
    then
        insert ({{ names | join(", ") }})
        values (
    {% for name in names -%}
                dbt_internal_source.{{ name }}{{ ", " if not loop.last }}
    {%- endfor %}
        )
{% endmacro %}
