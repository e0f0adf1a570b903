-- All of it is computed again and what differs is written: lakehouse.ml computes anew
-- when the table has a new snapshot.
{{
    config(
        materialized="incremental",
        unique_key="date_day",
        on_schema_change="append_new_columns",
        replace_where="true",
    )
}}

with
    trading_days as (
        select
            order_date,
            count(*) as line_count,
            max(case when line_type = 'sale' then 1 else 0 end) as is_trading_day,
            lag(order_date) over (order by order_date) as day_before
        from {{ ref("fct_order_lines") }}
        group by order_date
    ),

    -- a silence of more than a year begins another span, and is not filled with days
    numbered as (
        select
            trading_days.*,
            sum(
                case
                    when
                        {{ days_between("day_before", "order_date") }}
                        > {{ var("longest_silence_days") }}
                    then 1
                    else 0
                end
            ) over (order by order_date rows unbounded preceding) as span_number
        from trading_days
    ),

    spans as (
        select
            min(order_date) as first_date,
            max(order_date) as last_date,
            count(*) as day_count,
            sum(line_count) as line_count
        from numbered
        group by span_number
    ),

    -- A clock that was wrong makes a span of a few lines, far from all others.
    judged as (
        select
            first_date,
            last_date,
            row_number() over (order by line_count desc, first_date asc) = 1
            or (
                day_count >= 7 and 100 * line_count >= sum(line_count) over ()
            ) as is_in_trading_period
        from spans
    ),

    digits as ({{ digits() }}),

    -- more days than from the first date that is landed, in 1970, to the last, in 2099
    numbers as (
        select
            ones.digit
            + 10 * tens.digit
            + 100 * hundreds.digit
            + 1000 * thousands.digit
            + 10000 * ten_thousands.digit as day_number
        from digits as ones
        cross join digits as tens
        cross join digits as hundreds
        cross join digits as thousands
        cross join digits as ten_thousands
    ),

    days as (
        select
            {{ add_days("judged.first_date", "numbers.day_number") }} as date_day,
            judged.is_in_trading_period
        from judged
        cross join numbers
        where
            numbers.day_number
            <= {{ days_between("judged.first_date", "judged.last_date") }}
    )

select
    cast(days.date_day as date) as date_day,
    cast(extract(year from days.date_day) as int) as year,
    cast(extract(quarter from days.date_day) as int) as quarter,
    cast(extract(month from days.date_day) as int) as month,
    cast(extract(week from days.date_day) as int) as iso_week,
    cast({{ week_start("days.date_day") }} as date) as week_start_date,
    cast({{ day_of_week("days.date_day") }} as int) as day_of_week,
    cast(days.is_in_trading_period as boolean) as is_in_trading_period,
    cast(coalesce(trading_days.is_trading_day, 0) = 1 as boolean) as is_trading_day,
    cast(closed_days.reason as {{ dbt.type_string() }}) as closed_for
from days
left join trading_days on days.date_day = trading_days.order_date
left join
    {{ ref("closed_days") }} as closed_days on days.date_day = closed_days.closed_date
