{#- A history that is derived from events can be derived anew each time; dbt's own can't be. -#}
{% materialization snapshot, adapter = "sail" %}
    {%- set target = this.incorporate(type="table") -%}
    {%- if config.get("strategy") != "event_time" -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ": on Sail a snapshot has the strategy event_time"
        ) -%}
    {%- endif -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- do sail_rebuild(target, lake_history(sql)) -%}
    {%- call noop_statement("main", "OK") -%} {{ sql }} {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
