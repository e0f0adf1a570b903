{% materialization table, adapter = "duckdb", supported_languages = ["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- set rows = lake_rebuild(target, lake_contracted(sql)) -%}
    {%- call noop_statement("main", "OK " ~ rows, "OK", rows) -%}
        {{ sql }}
    {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
