{{
    config(
        materialized="incremental",
        unique_key=["request_date", "page", "client_kind"],
        on_schema_change="append_new_columns",
        replace_where="request_date in ({{ changed_request_days(this, 'request_date') }})",
    )
}}

select
    cast(request_date as date) as request_date,
    cast(page as {{ dbt.type_string() }}) as page,
    cast(client_kind as {{ dbt.type_string() }}) as client_kind,
    cast(count(*) as bigint) as request_count,
    cast(
        sum(case when status between 400 and 499 then 1 else 0 end) as bigint
    ) as client_error_count,
    cast(sum(case when status = 404 then 1 else 0 end) as bigint) as not_found_count,
    cast(
        sum(case when status >= 500 then 1 else 0 end) as bigint
    ) as server_error_count,
    cast(sum(coalesce(response_bytes, 0)) as bigint) as response_bytes,
    cast(max(ingest_seq) as bigint) as latest_ingest_seq
from {{ ref("int_requests_classified") }}
{% if is_incremental() %}
    where request_date in ({{ changed_request_days(this, "request_date") }})
{% endif %}
group by request_date, page, client_kind
