{#-
  What the materializations of this project share. An Iceberg table is never replaced by renaming
  another one over it: the plugin (plugin/lake.py) writes the rows and commits them at once.
-#}
{% macro lake_request(action) %}
    {%- if config.get("grants") -%}
        {%- do exceptions.raise_compiler_error(
            "an Iceberg catalog knows no grants; take them out of the config of "
            ~ this
        ) -%}
    {%- endif -%}
    {%- set column_docs = {} -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() -%}
            {%- do column_docs.update({column.name: column.description}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(
        {
            "action": action,
            "doc": (
                model.description if config.persist_relation_docs() else ""
            ),
            "column_docs": column_docs,
            "key": lake_key(),
        }
    ) -%}
{% endmacro %}

{#- The columns that tell the rows of this model apart, as its merge or its key test says. -#}
{% macro lake_key() %}
    {%- set unique_key = config.get("unique_key") or [] -%}
    {%- if unique_key -%}
        {%- do return([unique_key] if unique_key is string else unique_key) -%}
    {%- endif -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.resource_type == "test" and node.attached_node == model.unique_id -%}
            {%- set test = node.test_metadata -%}
            {%- if test.name == "is_key" -%} {%- do return(test.kwargs.columns) -%}
            {%- elif test.name == "unique" -%} {%- do return([node.column_name]) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return([]) -%}
{% endmacro %}

{#- The names of the columns of a table, or none where the lake has no such table. -#}
{% macro lake_columns(relation) %}
    {{- return(adapter.dispatch("lake_columns")(relation)) -}}
{% endmacro %}

{% macro default__lake_columns(relation) %}
    {%- if load_relation(relation) is none -%} {%- do return(none) -%} {%- endif -%}
    {%- do return(
        adapter.get_columns_in_relation(relation)
        | map(attribute="name")
        | list
    ) -%}
{% endmacro %}

{% macro duckdb__lake_columns(relation) %}
    {%- set request = {"action": "look"} -%}
    {%- do adapter.store_relation("lake", relation, [], "", "iceberg", request) -%}
    {%- do return(request.columns) -%}
{% endmacro %}

{#- Make the rows of `sql` the whole content of `relation`; returns how many they are. -#}
{% macro lake_rebuild(relation, sql) %}
    {%- set partitioned_by = config.get("partitioned_by", []) -%}
    {%- set request = lake_request("rebuild") -%}
    {%- do request.update(
        {
            "sql": sql,
            "partitioned_by": (
                [partitioned_by]
                if partitioned_by is string
                else partitioned_by
            ),
            "commit_notes": {
                "dbt-node": model.unique_id,
                "dbt-invocation": invocation_id,
            },
        }
    ) -%}
    {%- do adapter.store_relation("lake", relation, [], "", "iceberg", request) -%}
    {%- do return(request.rows) -%}
{% endmacro %}

{#- Run the statements as one commit on `relation`, again when somebody else was faster. -#}
{% macro lake_commit(relation, statements) %}
    {%- set request = lake_request("commit") -%}
    {%- do request.update({"statements": statements}) -%}
    {%- do adapter.store_relation("lake", relation, [], "", "iceberg", request) -%}
{% endmacro %}

{#- The model's query, with the columns and types its contract promises. -#}
{% macro lake_contracted(sql) %}
    {%- if not config.get("contract").enforced -%} {%- do return(sql) -%} {%- endif -%}
    {%- do get_assert_columns_equivalent(sql) -%}
    {%- do return(get_select_subquery(sql)) -%}
{% endmacro %}

{% macro lake_run_hooks(hooks) %}
    {%- for hook in hooks -%}
        {%- call statement(auto_begin=false) -%}
            {{ render(hook.get("sql")) }}
        {%- endcall -%}
    {%- endfor -%}
{% endmacro %}
