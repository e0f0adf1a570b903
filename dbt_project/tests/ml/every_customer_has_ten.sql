-- Ten products in both lists of every customer, or all there are: a discovery is no
-- product that
-- the customer bought before.
with
    {{ lines_of_the_recommendations() }},

    customers as (
        select customer_id from meant where customer_id is not null group by customer_id
    ),

    bought as (
        select sold.customer_id, count(distinct sold.product_id) as products
        from sold
        join on_sale on sold.product_id = on_sale.product_id
        group by sold.customer_id
    ),

    kinds as (
        select 'for_you' as kind
        union all
        select 'discover' as kind
    ),

    expected as (
        select
            customers.customer_id,
            kinds.kind,
            (select count(*) from on_sale) - case
                when kinds.kind = 'discover' then coalesce(bought.products, 0) else 0
            end as available
        from customers
        cross join kinds
        left join bought on customers.customer_id = bought.customer_id
    ),

    listed as (
        select customer_id, kind, count(*) as products
        from {{ source("ml", "recommendations") }}
        group by customer_id, kind
    )

select expected.customer_id, expected.kind, listed.products, expected.available
from expected
left join
    listed on expected.customer_id = listed.customer_id and expected.kind = listed.kind
where
    coalesce(listed.products, 0)
    < case when expected.available < 10 then expected.available else 10 end
