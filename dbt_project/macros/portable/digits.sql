{#- The digits 0 to 9 as rows, for engines with and without generate_series. -#}
{% macro digits() -%}
    {% for digit in range(10) -%}
        select {{ digit }} as digit {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro %}
