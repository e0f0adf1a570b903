with
    trading_days as (
        select
            order_date,
            max(case when line_type = 'sale' then 1 else 0 end) as is_trading_day
        from {{ ref("fct_order_lines") }}
        group by order_date
    ),

    span as (
        select min(order_date) as first_date, max(order_date) as last_date
        from trading_days
    ),

    digits as ({{ digits() }}),

    numbers as (
        select
            ones.digit
            + 10 * tens.digit
            + 100 * hundreds.digit
            + 1000 * thousands.digit as day_number
        from digits as ones
        cross join digits as tens
        cross join digits as hundreds
        cross join digits as thousands
    ),

    -- 10,000 days, 27 years: the test that every order_date is found here would tell
    days as (
        select {{ add_days("span.first_date", "numbers.day_number") }} as date_day
        from span
        cross join numbers
        where
            numbers.day_number
            <= {{ days_between("span.first_date", "span.last_date") }}
    )

select
    cast(days.date_day as date) as date_day,
    cast(extract(year from days.date_day) as int) as year,
    cast(extract(quarter from days.date_day) as int) as quarter,
    cast(extract(month from days.date_day) as int) as month,
    cast(extract(week from days.date_day) as int) as iso_week,
    cast({{ week_start("days.date_day") }} as date) as week_start_date,
    cast({{ day_of_week("days.date_day") }} as int) as day_of_week,
    cast(coalesce(trading_days.is_trading_day, 0) = 1 as boolean) as is_trading_day,
    cast(closed_days.reason as {{ dbt.type_string() }}) as closed_for
from days
left join trading_days on days.date_day = trading_days.order_date
left join
    {{ ref("closed_days") }} as closed_days on days.date_day = closed_days.closed_date
