{% macro lake_derive_history(target, exists, sql) %}
    {%- set history = lake_history(sql) -%}
    {%- if not exists -%} {%- do return(lake_rebuild(target, history)) -%} {%- endif -%}
    {%- do return(lake_merge(target, history, ["dbt_scd_id"], "true")) -%}
{% endmacro %}

{#- Each state that differs from the one before it, from its moment until the next. -#}
{% macro lake_history(sql) %}
    {%- set key = config.get("unique_key") -%}
    {%- set keys = [key] if key is string else key -%}
    {%- set at = config.get("updated_at") -%}
    {%- set checked = config.get("check_cols") -%}
    {%- if not (at and checked) -%}
        {%- do exceptions.raise_compiler_error(
            this
            ~ ": the strategy event_time needs updated_at and check_cols"
        ) -%}
    {%- endif -%}
    {%- set by = "partition by " ~ keys | join(", ") ~ " order by " ~ at -%}
    {%- set differs = ["row_number() over (" ~ by ~ ") = 1"] -%}
    {%- for column in checked -%}
        {%- do differs.append(
            column
            ~ " is distinct from lag("
            ~ column
            ~ ") over ("
            ~ by
            ~ ")"
        ) -%}
    {%- endfor -%}
    {%- do return(
        lake_changes_of_state(
            sql, get_columns_in_query(sql), keys, at, by, differs
        )
    ) -%}
{% endmacro %}

{% macro lake_changes_of_state(sql, columns, keys, at, by, differs) %}
    select
        {{ columns | join(", ") }},
        {% for part in keys + [at] -%}
            cast({{ part }} as {{ dbt.type_string() }})
            {{- " || '@' || " if not loop.last }}
        {%- endfor %} as dbt_scd_id,
        {{ at }} as dbt_updated_at,
        {{ at }} as dbt_valid_from,
        lead({{ at }}) over ({{ by }}) as dbt_valid_to
    from
        (
            select *, ({{ differs | join(" or ") }}) as lake_is_change
            from ({{ sql }}) as states
        ) as steps
    where lake_is_change
{% endmacro %}
