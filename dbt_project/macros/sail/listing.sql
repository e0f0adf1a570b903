{#- Sail fails to list the tables of a namespace that is not there; dbt asks for all of them. -#}
{% macro sail__list_relations_without_caching(relation) %}
    {%- do run_query("create schema if not exists " ~ relation.schema) -%}
    {{ return(spark__list_relations_without_caching(relation)) }}
{% endmacro %}
