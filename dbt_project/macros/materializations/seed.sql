{#- A seed is a table whose query reads the CSV file beside it. -#}
{% materialization seed, adapter = "duckdb" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set agate_table = load_agate_table() -%}
    {%- do store_result("agate_table", response="OK", agate_table=agate_table) -%}
    {%- set sql = lake_seed_query(agate_table) -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- set rows = lake_rebuild(target, sql) -%}
    {%- call noop_statement("main", "INSERT " ~ rows, "INSERT", rows) -%}
        {{ sql }}
    {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro lake_seed_query(agate_table) %}
    {%- set overrides = config.get("column_types", {}) -%}
    {%- set file = adapter.escape_sql_string(adapter.get_seed_file_path(model)) -%}
    select
        {% for name in agate_table.column_names %}
            {%- set type = overrides.get(
                name, adapter.convert_type(agate_table, loop.index0)
            ) -%}
            cast({{ adapter.quote(name) }} as {{ type }}) as {{ adapter.quote(name) }}
            {{- "," if not loop.last }}
        {% endfor %}
    from
        read_csv(
            '{{ file }}',
            header = true,
            all_varchar = true,
            delim = '{{ config.get("delimiter", ",") }}'
        )
{% endmacro %}
