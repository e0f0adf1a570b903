{#-
  Every list (the rows that agree in the columns `lists`; all rows are one without any) counts its
  ranks 1, 2, 3, ... and names no `member` twice.
-#}
{% test ranks_without_gaps(model, lists, member) %}
    {%- set by = lists | join(", ") %}
    select {{ by ~ "," if lists }} count(*) as row_count, max(rank) as last_rank
    from {{ model }}
    {% if lists %} group by {{ by }} {% endif %}
    having
        min(rank) <> 1
        or max(rank) <> count(*)
        or count(distinct rank) <> count(*)
        or count(distinct {{ member }}) <> count(*)
{% endtest %}
