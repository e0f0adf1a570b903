{#- An Iceberg catalog knows no CASCADE; nothing depends on its tables. -#}
{% macro duckdb__drop_relation(relation) %}
    {%- call statement("drop_relation", auto_begin=false) -%}
        drop {{ relation.type }} if exists {{ relation }}
    {%- endcall -%}
{% endmacro %}
