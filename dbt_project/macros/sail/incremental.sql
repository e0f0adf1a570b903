{#-
  As on DuckDB (materializations/incremental.sql): merged by `unique_key`. Rows that
  `replace_where` takes back can't be deleted one by one (the equality deletes that Sail writes
  are read by few), so the table is overwritten by what stays and what is new, in one commit.
-#}
{% materialization incremental, adapter = "sail", supported_languages = ["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {%- set unique_key = lake_unique_key() -%}
    {%- do lake_run_hooks(pre_hooks) -%}
    {%- if is_incremental() -%}
        {%- do sail_merge(target, lake_contracted(sql), unique_key) -%}
    {%- else -%} {%- do sail_rebuild(target, lake_contracted(sql)) -%}
    {%- endif -%}
    {%- call noop_statement("main", "OK") -%} {{ sql }} {%- endcall -%}
    {%- do lake_run_hooks(post_hooks) -%}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro sail_merge(target, sql, unique_key) %}
    {%- set columns = (
        adapter.get_columns_in_relation(target)
        | map(attribute="name")
        | join(", ")
    ) -%}
    {%- set replaced = config.get("replace_where") -%}
    {%- call statement() -%}
        insert overwrite table {{ target }}
        with news as ({{ sql }})
        select {{ columns }} from {{ target }} as kept
        where
            not exists (
                select 1 from news
                where
        {% for key in unique_key -%}
                        news.{{ key }} = kept.{{ key }} {{ "and" if not loop.last }}
        {% endfor %}
            )
        {% if replaced %}and not ({{ render(replaced) }}){% endif %}
        union all
        select {{ columns }} from news
    {%- endcall -%}
{% endmacro %}
