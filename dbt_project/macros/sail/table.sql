{#-
  The materializations on Sail (Spark Connect), where a table lives in the same Iceberg catalog.
  A table that is there with the same columns is overwritten in one commit; any other is dropped
  and made anew, for Sail 0.7 can't alter a table.
-#}
{% materialization table, adapter = "sail", supported_languages = ["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- do sail_rebuild(target, lake_contracted(sql)) -%}
    {%- call noop_statement("main", "OK") -%} {{ sql }} {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro sail_rebuild(target, sql) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and sail_same_columns(target, sql) -%}
        {%- call statement() -%} insert overwrite table {{ target }} {{ sql }}
        {%- endcall -%}
    {%- else -%}
        {%- if existing is not none -%}
            {%- call statement() -%} drop table {{ target }}
            {%- endcall -%}
        {%- endif -%}
        {%- call statement() -%}
            create table {{ target }} using iceberg {{ sail_partitions() }} as {{ sql }}
        {%- endcall -%}
    {%- endif -%}
{% endmacro %}

{% macro sail_same_columns(target, sql) %}
    {%- set wanted = [] -%}
    {%- for column in get_column_schema_from_query(sql) -%}
        {%- do wanted.append((column.name | lower) ~ " " ~ (column.dtype | lower)) -%}
    {%- endfor -%}
    {%- set there = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) -%}
        {%- do there.append((column.name | lower) ~ " " ~ (column.dtype | lower)) -%}
    {%- endfor -%}
    {%- do return(wanted == there) -%}
{% endmacro %}

{#- month(order_date) is months(order_date) in Spark's SQL. -#}
{% macro sail_partitions() %}
    {%- set given = config.get("partitioned_by", []) -%}
    {%- set terms = [given] if given is string else given -%}
    {%- set said = [] -%}
    {%- for term in terms -%}
        {%- do said.append(
            modules.re.sub("^(year|month|day|hour)\\(", "\\1s(", term)
        ) -%}
    {%- endfor -%}
    {%- if said -%} partitioned by ({{ said | join(", ") }}) {%- endif -%}
{% endmacro %}
