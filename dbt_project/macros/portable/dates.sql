{#-
  Dates where the engines disagree: a date plus a number of days, the days from one date to
  another, and the day of the week by ISO 8601 (1 is Monday). Stock dateadd and the engines' own
  weekday functions give other results on Sail.
-#}
{% macro add_days(date, days) %}
    {{- return(adapter.dispatch("add_days")(date, days)) -}}
{% endmacro %}

{% macro default__add_days(date, days) -%}
    date_add({{ date }}, {{ days }})
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    {{ date }} + cast({{ days }} as int)
{%- endmacro %}

{% macro athena__add_days(date, days) -%}
    date_add('day', {{ days }}, {{ date }})
{%- endmacro %}

{% macro days_between(earlier, later) %}
    {{- return(adapter.dispatch("days_between")(earlier, later)) -}}
{% endmacro %}

{% macro default__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro athena__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{#- 1 January 1900 was a Monday. -#}
{% macro day_of_week(date) -%}
    mod({{ days_between("cast('1900-01-01' as date)", date) }}, 7) + 1
{%- endmacro %}

{#- The Monday of a date's week. -#}
{% macro week_start(date) -%}
    {{ add_days(date, "1 - (" ~ day_of_week(date) ~ ")") }}
{%- endmacro %}

{#- The first day of a date's month. -#}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{#- The whole months from the month of one date to that of another. -#}
{% macro months_between(earlier, later) -%}
    12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
    + extract(month from {{ later }})
    - extract(month from {{ earlier }})
{%- endmacro %}

{#- The whole seconds from one timestamp to another. -#}
{% macro seconds_between(earlier, later) %}
    {{- return(adapter.dispatch("seconds_between")(earlier, later)) -}}
{% endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    unix_timestamp({{ later }}) - unix_timestamp({{ earlier }})
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro athena__seconds_between(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}
