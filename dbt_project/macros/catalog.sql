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

{#-
  The namespaces and tables of the lake, which dbt lists before it runs anything. DuckDB would read
  the metadata of every table for that.
-#}
{% macro duckdb__list_schemas(database) %}
    {%- set rows = [] -%}
    {%- for name in lake_names(none) -%} {%- do rows.append([name]) -%} {%- endfor -%}
    {%- do return(rows) -%}
{% endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) %}
    {%- set rows = [] -%}
    {%- for name in lake_names(schema_relation.schema) -%}
        {%- do rows.append(
            [schema_relation.database, name, schema_relation.schema, "table"]
        ) -%}
    {%- endfor -%}
    {%- do return(rows) -%}
{% endmacro %}

{% macro lake_names(namespace) %}
    {#- The first query opens DuckDB, and the plugin with it. -#}
    {%- do run_query("select 1") -%}
    {%- set request = {"action": "names", "namespace": namespace} -%}
    {%- do lake_ask(request) -%}
    {%- do return(request.names) -%}
{% endmacro %}
