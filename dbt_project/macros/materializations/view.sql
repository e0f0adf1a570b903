{% materialization view, adapter = "duckdb" %}
    {%- do exceptions.raise_compiler_error(
        this
        ~ ": the lake holds no views; materialize it as ephemeral or table"
    ) -%}
{% endmaterialization %}
