with
    {{ lines_of_the_recommendations() }},

    owned as (
        select customer_id, product_id from meant group by customer_id, product_id
    ),

    ever as (select customer_id, product_id from sold group by customer_id, product_id)

select recommendations.customer_id, recommendations.kind, recommendations.product_id
from {{ source("ml", "recommendations") }} as recommendations
left join
    owned
    on recommendations.customer_id = owned.customer_id
    and recommendations.product_id = owned.product_id
left join
    ever
    on recommendations.customer_id = ever.customer_id
    and recommendations.product_id = ever.product_id
where
    (recommendations.kind = 'discover' and owned.product_id is not null)
    or (recommendations.kind = 'buy_again' and ever.product_id is null)
