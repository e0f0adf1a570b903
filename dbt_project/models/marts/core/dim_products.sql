with
    lines as (select * from {{ ref("fct_order_lines") }}),

    -- Descriptions are typed by hand, and some are notes about damage: the one that
    -- customers paid for most often is the name. A product that nobody ever paid for
    -- takes what there is.
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
            max(product_kind) as product_kind,
            min(
                case when line_type in ('sale', 'service', 'gift') then order_date end
            ) as first_sold_date,
            max(
                case when line_type in ('sale', 'service', 'gift') then order_date end
            ) as last_sold_date,
            {{ line_count() }} as line_count,
            sum(
                case
                    when line_type in ('sale', 'service', 'gift') then quantity else 0
                end
            ) as sold_unit_count,
            {{ net_revenue() }} as net_amount,
            {{ gross_revenue() }} as gross_amount,
            {{ returns() }} as return_amount,
            {{ product_revenue() }} as product_amount
        from lines
        group by product_id
    ),

    prices as (
        select
            product_id,
            list_price,
            priced_at,
            row_number() over (
                partition by product_id order by priced_at desc
            ) as recency,
            count(*) over (partition by product_id) as price_count
        from {{ ref("int_product_prices") }}
    )

select
    cast(products.product_id as {{ dbt.type_string() }}) as product_id,
    cast(descriptions.description as {{ dbt.type_string() }}) as description,
    cast(products.product_kind as {{ dbt.type_string() }}) as product_kind,
    cast(products.product_kind in ('service', 'bad_debt') as boolean) as is_service,
    cast(products.first_sold_date as date) as first_sold_date,
    cast(products.last_sold_date as date) as last_sold_date,
    cast(prices.list_price as decimal(18, 4)) as list_price,
    cast(prices.priced_at as date) as list_price_since,
    cast(coalesce(prices.price_count, 0) as bigint) as price_count,
    products.line_count,
    cast(products.sold_unit_count as bigint) as sold_unit_count,
    products.net_amount,
    products.gross_amount,
    products.return_amount,
    products.product_amount
from products
left join
    descriptions
    on products.product_id = descriptions.product_id
    and descriptions.preference = 1
left join prices on products.product_id = prices.product_id and prices.recency = 1
