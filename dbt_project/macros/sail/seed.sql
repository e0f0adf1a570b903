{#- A seed on Sail: the server need not see the file, so its rows go into the statement. -#}
{% materialization seed, adapter = "sail" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set agate_table = load_agate_table() -%}
    {%- do store_result("agate_table", response="OK", agate_table=agate_table) -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- do sail_rebuild(target, sail_seed_query(agate_table)) -%}
    {%- call noop_statement("main", "OK") -%} {{ sql }} {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro sail_seed_query(agate_table) %}
    {%- set overrides = config.get("column_types", {}) -%}
    select
        {% for name in agate_table.column_names %}
            {%- set type = overrides.get(
                name, adapter.convert_type(agate_table, loop.index0)
            ) -%}
            {#- Spark's varchar has a length. -#}
            {%- set spark_type = "string" if type == "varchar" else type -%}
            cast(
                {{ name }} as {{ spark_type }}
            ) as {{ name }} {{- "," if not loop.last }}
        {% endfor %}
    from
    values
        {% for row in agate_table.rows %}
            (
                {%- for value in row.values() -%}
                    {%- if value is none -%}null
                    {%- else -%}'{{ dbt.escape_single_quotes(value | string) }}'
                    {%- endif -%}
                    {{- "," if not loop.last }}
                {%- endfor -%}
            ) {{- "," if not loop.last }}
        {% endfor %} as seeded({{ agate_table.column_names | join(", ") }})
{% endmacro %}
