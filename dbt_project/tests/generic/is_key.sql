{#-
  The columns are the key of a row: none of them is NULL, and no two rows agree in all. What
  unique and not_null tell in two scans, for one column or several.
-#}
{% test is_key(model, columns) %}
    select {{ columns | join(", ") }}, count(*) as row_count
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}
