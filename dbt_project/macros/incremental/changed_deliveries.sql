{#-
  A query for the deliveries (ingest_seq) that a landing table and what was built of it do not
  hold alike: new ones, and those that were taken back (`lakehouse bookmarks rewind`). A number is
  never used twice, and a delivery lands or leaves as a whole.
-#}
{% macro changed_deliveries(landed, built) -%}
    select coalesce(landed.ingest_seq, built.ingest_seq)
    from
        (
            select ingest_seq, count(*) as row_count
            from {{ landed }}
            group by ingest_seq
        ) as landed
    full outer join
        (
            select ingest_seq, count(*) as row_count
            from {{ built }}
            group by ingest_seq
        ) as built
        on landed.ingest_seq = built.ingest_seq
    where coalesce(landed.row_count, 0) <> coalesce(built.row_count, 0)
{%- endmacro %}
