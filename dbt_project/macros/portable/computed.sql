{#-
  A column as an expression that means the same. A union of bare columns of two tables fails on
  Sail 0.7 when it is grouped: "Physical input schema should be the same as the one converted from
  logical input schema", for the field ids of the two differ.
-#}
{% macro computed(column) %}
    {{- return(adapter.dispatch("computed")(column)) -}}
{% endmacro %}

{% macro default__computed(column) -%} {{ column }} {%- endmacro %}

{% macro sail__computed(column) -%} greatest({{ column }}, {{ column }}) {%- endmacro %}
