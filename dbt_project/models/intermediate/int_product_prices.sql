-- Guests of the web shop pay VAT on top, and large quantities are cheaper: what most
-- lines of a week with a known customer asked is the list price, and the dearer one of
-- two that were asked equally often.
with
    asked as (
        select
            product_id,
            {{ week_start("order_date") }} as week_start_date,
            unit_price,
            count(*) as line_count
        from {{ ref("fct_order_lines") }}
        where
            line_type = 'sale'
            and customer_id is not null
            and {{ in_trading_period("order_date") }}
        group by product_id, {{ week_start("order_date") }}, unit_price
    ),

    ranked as (
        select
            product_id,
            week_start_date,
            unit_price,
            row_number() over (
                partition by product_id, week_start_date
                order by line_count desc, unit_price desc
            ) as preference
        from asked
    ),

    weekly as (
        select
            product_id,
            week_start_date,
            unit_price as list_price,
            lag(unit_price) over (
                partition by product_id order by week_start_date
            ) as price_before
        from ranked
        where preference = 1
    )

select product_id, cast(week_start_date as timestamp) as priced_at, list_price
from weekly
where price_before is null or price_before <> list_price
