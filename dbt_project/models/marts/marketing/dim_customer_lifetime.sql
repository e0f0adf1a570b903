{%- set horizons = [30, 90, 180, 365] -%}
with
    shop as (
        select *
        from {{ ref("fct_orders") }}
        where {{ in_trading_period("order_date") }}
    ),

    invoices as (select * from shop where customer_id is not null),

    as_of as (select {{ add_days("max(order_date)", 1) }} as as_of_date from shop),

    firsts as (
        select customer_id, min(order_date) as first_order_date
        from invoices
        where is_order
        group by customer_id
    ),

    aged as (
        select
            invoices.*,
            firsts.first_order_date,
            {{ days_between("firsts.first_order_date", "invoices.order_date") }} as age
        from invoices
        inner join firsts on invoices.customer_id = firsts.customer_id
    ),

    customers as (
        select
            customer_id,
            min(first_order_date) as first_order_date,
            max(case when is_order then order_date end) as last_order_date,
            sum(case when is_order then 1 else 0 end) as order_count,
            {{ net_revenue() }} as net_amount,
            {{ returns() }} as return_amount,
            sum(case when is_order then net_amount else 0 end) as order_amount,
            {% for days in horizons %}
                sum(
                    case when age < {{ days }} then net_amount else 0 end
                ) as net_amount_{{ days }}_days {{ "," if not loop.last }}
            {% endfor %}
        from aged
        group by customer_id
    )

select
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(first_order_date as date) as first_order_date,
    cast(last_order_date as date) as last_order_date,
    cast(as_of_date as date) as as_of_date,
    cast(order_count as bigint) as order_count,
    cast(order_count > 1 as boolean) as is_repeat_customer,
    cast(
        {{ days_between("first_order_date", "last_order_date") }} as int
    ) as days_active,
    {{ ratio(days_between("first_order_date", "last_order_date"), "order_count - 1") }}
    as mean_days_between_orders,
    net_amount,
    return_amount,
    {{ ratio("order_amount", "order_count") }} as mean_order_amount,
    {% for days in horizons %}
        cast(
            case
                when {{ days_between("first_order_date", "as_of_date") }} >= {{ days }}
                then net_amount_{{ days }}_days
            end as decimal(18, 4)
        ) as net_amount_{{ days }}_days {{ "," if not loop.last }}
    {% endfor %}
from customers
cross join as_of
