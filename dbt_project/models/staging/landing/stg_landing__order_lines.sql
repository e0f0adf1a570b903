with
    source as (select * from {{ source("landing", "order_lines") }}),

    renamed as (
        select
            -- keys
            cast(record_id as bigint) as order_line_id,
            cast(invoice_no as {{ dbt.type_string() }}) as order_id,
            cast(stock_code as {{ dbt.type_string() }}) as stock_code,
            cast(customer_id as {{ dbt.type_string() }}) as customer_id,

            -- text
            cast(description as {{ dbt.type_string() }}) as description,
            cast(country as {{ dbt.type_string() }}) as country,

            -- numbers
            cast(quantity as bigint) as quantity,
            cast(unit_price as decimal(18, 4)) as unit_price,

            -- times
            cast(invoice_date as timestamp) as ordered_at,

            -- lineage
            cast(source_file as {{ dbt.type_string() }}) as source_file,
            cast(source_line as bigint) as source_line,
            cast(ingest_seq as bigint) as ingest_seq
        from source
    )

select *
from renamed
