{#- What `dbt docs generate` knows of the lake (plugin/listing.py says why not from DuckDB). -#}
{% macro duckdb__get_catalog(information_schema, schemas) %}
    {%- set tables = [] -%}
    {%- for schema in schemas -%}
        {%- do tables.append([schema, none]) -%}
    {%- endfor -%}
    {%- do return(lake_listing(tables)) -%}
{% endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) %}
    {%- set tables = [] -%}
    {%- for relation in relations -%}
        {%- do tables.append([relation.schema, relation.identifier]) -%}
    {%- endfor -%}
    {%- do return(lake_listing(tables)) -%}
{% endmacro %}

{% macro lake_listing(tables) %}
    {%- set request = {"action": "list", "tables": tables} -%}
    {%- do lake_ask(request) -%}
    {%- do return(
        run_query(
            "select * from lake_listing order by table_schema, table_name, column_index"
        )
    ) -%}
{% endmacro %}
