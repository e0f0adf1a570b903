-- A product is gone when nobody bought it for 60 days; while fewer than ten are left,
-- none is.
with
    {{ lines_of_the_recommendations() }},

    seen as (
        select sold.product_id
        from sold
        cross join since
        where sold.order_date >= since.first_day
    )

select recommendations.customer_id, recommendations.kind, recommendations.product_id
from {{ source("ml", "recommendations") }} as recommendations
left join seen on recommendations.product_id = seen.product_id
where seen.product_id is null and (select count(*) from on_sale) >= 10
