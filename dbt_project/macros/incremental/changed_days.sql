{#-
  A query for the days on which the rows of `lines` are not those that `built` was made of. The
  delivery of what came is higher than any before, and what went lowers the count: the number of
  rows and the latest delivery of a day tell.
-#}
{% macro changed_days(lines, day, built, built_day, built_count, counted="*") -%}
    select coalesce(lines.changed_day, built.changed_day)
    from
        (
            select
                cast({{ day }} as date) as changed_day,
                count({{ counted }}) as row_count,
                max(ingest_seq) as latest_ingest_seq
            from {{ lines }}
            group by cast({{ day }} as date)
        ) as lines
    full outer join
        (
            select
                {{ built_day }} as changed_day,
                sum({{ built_count }}) as row_count,
                max(latest_ingest_seq) as latest_ingest_seq
            from {{ built }}
            group by {{ built_day }}
        ) as built
        on lines.changed_day = built.changed_day
    where
        coalesce(lines.row_count, 0) <> coalesce(built.row_count, 0)
        or coalesce(lines.latest_ingest_seq, 0) <> coalesce(built.latest_ingest_seq, 0)
{%- endmacro %}

{#- The days of the access logs that a model which keeps request_count was not built of. -#}
{% macro changed_request_days(built, built_day) -%}
    {{
        changed_days(
            source("landing", "access_logs"),
            "requested_at",
            built,
            built_day,
            "request_count",
        )
    }}
{%- endmacro %}
