with
    lines as (
        select
            order_line_id,
            order_id,
            upper(trim(stock_code)) as product_id,
            customer_id,
            description,
            coalesce(country, 'Unspecified') as country,
            quantity,
            unit_price,
            cast(quantity * unit_price as decimal(18, 4)) as net_amount,
            ordered_at,
            cast(ordered_at as date) as order_date,
            upper(substring(order_id, 1, 1)) as order_kind,
            source_file,
            source_line,
            ingest_seq
        from {{ ref("stg_landing__order_lines") }}
    ),

    codes as (select product_id, kind from {{ ref("service_codes") }}),

    classified as (
        select
            lines.*,
            coalesce(codes.kind, 'product') as product_kind,
            case
                when lines.order_kind = 'C'
                then 'cancellation'
                when lines.order_kind = 'A' or codes.kind = 'bad_debt'
                then 'bad_debt'
                when lines.quantity <= 0 or lines.unit_price <= 0
                then 'adjustment'
                when codes.kind in ('service', 'gift')
                then codes.kind
                else 'sale'
            end as line_type
        from lines
        left join codes on lines.product_id = codes.product_id
    )

select
    order_line_id,
    order_id,
    product_id,
    customer_id,
    description,
    country,
    ordered_at,
    order_date,
    line_type,
    product_kind,
    quantity,
    unit_price,
    net_amount,
    case
        when quantity > 0 and unit_price > 0 then net_amount else 0
    end as gross_amount,
    case when line_type = 'cancellation' then - net_amount else 0 end as return_amount,
    case when {{ is_product_line() }} then net_amount else 0 end as product_amount,
    source_file,
    source_line,
    ingest_seq
from classified
