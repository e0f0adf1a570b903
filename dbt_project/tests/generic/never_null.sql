{#- None of the columns is ever NULL: what a not_null for each would tell, in one scan. -#}
{% test never_null(model, columns) %}
    select {{ columns | join(", ") }}
    from {{ model }}
    where
        {% for column in columns %}
            {{ column }} is null {{ "or" if not loop.last }}
        {% endfor %}
{% endtest %}
