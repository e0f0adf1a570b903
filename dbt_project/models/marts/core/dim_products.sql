with
    lines as (select * from {{ ref("int_order_lines_classified") }}),

    -- Descriptions are typed by hand, and some are notes about damage: the one that
    -- customers
    -- paid for most often is the name. A product that nobody ever paid for takes what
    -- there is.
    descriptions as (
        select
            product_id,
            description,
            row_number() over (
                partition by product_id
                order by
                    sum(
                        case when quantity > 0 and unit_price > 0 then 1 else 0 end
                    ) desc,
                    count(*) desc,
                    description asc
            ) as preference
        from lines
        where description is not null
        group by product_id, description
    ),

    products as (
        select
            product_id,
            max(case when is_service then 1 else 0 end) as is_service,
            min(
                case when line_type in ('sale', 'service') then order_date end
            ) as first_sold_date,
            max(
                case when line_type in ('sale', 'service') then order_date end
            ) as last_sold_date,
            count(*) as line_count,
            sum(
                case when line_type in ('sale', 'service') then quantity else 0 end
            ) as sold_unit_count,
            sum(net_amount) as net_amount,
            sum(gross_amount) as gross_amount,
            sum(return_amount) as return_amount
        from lines
        group by product_id
    )

select
    cast(products.product_id as {{ dbt.type_string() }}) as product_id,
    cast(descriptions.description as {{ dbt.type_string() }}) as description,
    cast(products.is_service = 1 as boolean) as is_service,
    cast(products.first_sold_date as date) as first_sold_date,
    cast(products.last_sold_date as date) as last_sold_date,
    cast(products.line_count as bigint) as line_count,
    cast(products.sold_unit_count as bigint) as sold_unit_count,
    cast(products.net_amount as decimal(18, 4)) as net_amount,
    cast(products.gross_amount as decimal(18, 4)) as gross_amount,
    cast(products.return_amount as decimal(18, 4)) as return_amount
from products
left join
    descriptions
    on products.product_id = descriptions.product_id
    and descriptions.preference = 1
