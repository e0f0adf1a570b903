{#- No NaN and no infinity: neither is below any number, in every engine. NULL is allowed. -#}
{% test is_finite(model, columns) %}
    select *
    from {{ model }}
    where
        {% for column in columns %}
            not (abs({{ column }}) < 1e300) {%- if not loop.last %} or {% endif %}
        {% endfor %}
{% endtest %}
