{#- A clone would be two tables on the same files, and the first expiry would break the other. -#}
{% materialization clone, adapter = "duckdb" %}
    {%- do exceptions.raise_compiler_error(
        this
        ~ ": Iceberg tables can't be cloned; to compare with another state use"
        ~ " --defer --state, or `lakehouse diff`"
    ) -%}
{% endmaterialization %}
