{#- A query for the time of a table's newest snapshot, UTC: when something last landed in it. -#}
{% macro newest_commit(relation) %}
    {%- if execute -%} {%- do require_landed(relation) -%} {%- endif -%}
    {{ return(adapter.dispatch("newest_commit")(relation)) }}
{% endmacro %}

{% macro duckdb__newest_commit(relation) %}
    select max(timestamp_ms) from iceberg_snapshots({{ relation }})
{% endmacro %}
