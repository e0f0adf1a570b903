{#- From left to right no value is smaller than the one before; NULLs are passed over. -#}
{% test in_order(model, columns) %}
    select *
    from {{ model }}
    where
        {% for column in columns[1:] -%}
            {%- set here = loop.index -%}
            {%- for before in columns[:here] %}
                {{ before }} > {{ column }} or
            {%- endfor %}
        {%- endfor %} 1
        = 0
{% endtest %}
