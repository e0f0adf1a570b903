with
    source as (select * from {{ source("landing", "access_logs") }}),

    renamed as (
        select
            -- keys
            cast(record_id as bigint) as request_id,
            cast(user_id as {{ dbt.type_string() }}) as user_id,

            -- text
            cast(client_ip as {{ dbt.type_string() }}) as client_ip,
            cast(method as {{ dbt.type_string() }}) as method,
            cast(path as {{ dbt.type_string() }}) as path,
            cast(protocol as {{ dbt.type_string() }}) as protocol,
            cast(referrer as {{ dbt.type_string() }}) as referrer,
            cast(user_agent as {{ dbt.type_string() }}) as user_agent,

            -- numbers
            cast(status as int) as status,
            cast(response_bytes as bigint) as response_bytes,

            -- times
            cast(requested_at as timestamp) as requested_at,

            -- lineage
            cast(source_file as {{ dbt.type_string() }}) as source_file,
            cast(source_line as bigint) as source_line,
            cast(ingest_seq as bigint) as ingest_seq
        from source
    )

select *
from renamed
