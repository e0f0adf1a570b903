with
    steps as (
        {% for step in [
            "visited",
            "viewed a product",
            "added to the cart",
            "went to checkout",
            "ordered",
        ] -%}
            select
                {{ loop.index }} as step_number,
                '{{ step }}' as step
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    sessions as (
        select session_date, furthest_step
        from {{ ref("fct_sessions") }}
        where not is_bot
    ),

    days as (
        select session_date, count(*) as visit_count from sessions group by session_date
    )

select
    cast(days.session_date as date) as session_date,
    cast(steps.step_number as int) as step_number,
    cast(steps.step as {{ dbt.type_string() }}) as step,
    cast(count(sessions.session_date) as bigint) as session_count,
    {{ ratio("count(sessions.session_date)", "max(days.visit_count)") }}
    as share_of_visits
from days
cross join steps
left join
    sessions
    on days.session_date = sessions.session_date
    and steps.step_number <= sessions.furthest_step
group by days.session_date, steps.step_number, steps.step
