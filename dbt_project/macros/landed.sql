{#- Whether the lake has the table. -#}
{% macro lake_has(relation) %}
    {{- return(adapter.dispatch("lake_has")(relation)) -}}
{% endmacro %}

{% macro default__lake_has(relation) %}
    {%- do return(load_relation(relation) is not none) -%}
{% endmacro %}

{% macro duckdb__lake_has(relation) %}
    {%- do return(lake_columns(relation) is not none) -%}
{% endmacro %}

{#-
  Stop where a source is read before anything was landed, and say so: DuckDB would speak of a
  schema that does not exist.
-#}
{% macro require_landed(relation) %}
    {%- if not lake_has(relation) -%}
        {%- do exceptions.raise_compiler_error(
            "there is no table "
            ~ relation.schema
            ~ "."
            ~ relation.identifier
            ~ " yet: no log was landed.\n"
            ~ "Run `make build` or `lakehouse build`: it lands the logs, then runs dbt."
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- The source as it is declared, without a row. -#}
{% macro without_rows(source_name, table_name) %}
    {%- set declared = (
        graph.sources.values()
        | selectattr("source_name", "equalto", source_name)
        | selectattr("name", "equalto", table_name)
        | first
    ) -%}
    {%- set columns = [] -%}
    {%- for column in declared.columns.values() -%}
        {%- set type = api.Column.translate_type(column.data_type) -%}
        {%- do columns.append(
            "cast(null as " ~ type ~ ") as " ~ adapter.quote(column.name)
        ) -%}
    {%- endfor -%}
    {%- do return("(select " ~ columns | join(", ") ~ " where 1 = 0)") -%}
{% endmacro %}

{#-
  dbt's own, with that check; to compile and to write documentation needs no table. What the
  models have not computed yet is a table without rows: plain `dbt build` needs no models.
-#}
{% macro source(source_name, table_name) %}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {%- if execute and flags.WHICH not in ["compile", "generate", "list"] -%}
        {%- if source_name != "ml" -%} {%- do require_landed(relation) -%}
        {%- elif not lake_has(relation) -%}
            {%- do return(without_rows(source_name, table_name)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(relation) -%}
{% endmacro %}
