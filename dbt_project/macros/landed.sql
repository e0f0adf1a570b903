{#-
  Stop where a source is read before anything was landed, and say so: DuckDB would speak of a
  schema that does not exist.
-#}
{% macro require_landed(relation) %}
    {%- set request = {"action": "look"} -%}
    {%- do adapter.store_relation("lake", relation, [], "", "iceberg", request) -%}
    {%- if not request.found -%}
        {%- do exceptions.raise_compiler_error(
            "there is no table "
            ~ relation.schema
            ~ "."
            ~ relation.identifier
            ~ " yet: no order log was landed.\n"
            ~ "Run `make build` or `lakehouse build`: it lands the logs, then runs dbt."
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- dbt's own, with that check; to compile and to write documentation needs no table. -#}
{% macro source(source_name, table_name) %}
    {%- set relation = builtins.source(source_name, table_name) -%}
    {%- if execute and flags.WHICH not in ["compile", "generate", "list"] -%}
        {%- do require_landed(relation) -%}
    {%- endif -%}
    {%- do return(relation) -%}
{% endmacro %}
