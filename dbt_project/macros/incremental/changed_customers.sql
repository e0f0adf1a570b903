{#-
  A query for the customers whose demand lines are not those that the interactions were built of:
  lines came, were taken back by a late cancellation, or went with their delivery.
-#}
{% macro changed_customers(built) -%}
    select coalesce(demanded.customer_id, built.customer_id)
    from
        (
            select
                customer_id,
                count(*) as line_count,
                sum(order_line_id) as line_checksum,
                max(ingest_seq) as latest_ingest_seq
            from ({{ demand_lines() }}) as lines
            where customer_id is not null
            group by customer_id
        ) as demanded
    full outer join
        (
            select
                customer_id,
                sum(line_count) as line_count,
                sum(line_checksum) as line_checksum,
                max(latest_ingest_seq) as latest_ingest_seq
            from {{ built }}
            group by customer_id
        ) as built
        on demanded.customer_id = built.customer_id
    where
        coalesce(demanded.line_count, 0) <> coalesce(built.line_count, 0)
        or coalesce(demanded.line_checksum, 0) <> coalesce(built.line_checksum, 0)
        or coalesce(demanded.latest_ingest_seq, 0)
        <> coalesce(built.latest_ingest_seq, 0)
{%- endmacro %}
