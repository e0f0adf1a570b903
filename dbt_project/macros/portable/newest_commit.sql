{#- A query for the time of a table's newest snapshot, UTC: when something last landed in it. -#}
{% macro newest_commit(relation) %}
    {%- if execute -%} {%- do require_landed(relation) -%} {%- endif -%}
    {{ return(adapter.dispatch("newest_commit")(relation)) }}
{% endmacro %}

{% macro duckdb__newest_commit(relation) %}
    select max(timestamp_ms) from iceberg_snapshots({{ relation }})
{% endmacro %}

{#- Spark's metadata tables; Athena calls the same table$snapshots. -#}
{% macro default__newest_commit(relation) %}
    select max(committed_at) from {{ relation }}.snapshots
{% endmacro %}

{% macro athena__newest_commit(relation) %}
    select max(committed_at)
    from "{{ relation.schema }}"."{{ relation.identifier }}$snapshots"
{% endmacro %}
