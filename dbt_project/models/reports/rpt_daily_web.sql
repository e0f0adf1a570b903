with
    sessions as (
        select
            session_date,
            sum(case when is_bot then 0 else 1 end) as visit_count,
            sum(case when is_bot then 1 else 0 end) as bot_session_count,
            sum(case when is_bot or not is_converted then 0 else 1 end) as order_count,
            count(distinct case when not is_bot then customer_id end) as customer_count
        from {{ ref("fct_sessions") }}
        group by session_date
    ),

    requests as (
        select
            request_date,
            sum(request_count) as request_count,
            sum(not_found_count) as not_found_count,
            sum(server_error_count) as server_error_count
        from {{ ref("fct_daily_errors") }}
        group by request_date
    )

select
    cast(requests.request_date as date) as request_date,
    cast(sessions.visit_count as bigint) as visit_count,
    cast(sessions.order_count as bigint) as order_count,
    {{ ratio("sessions.order_count", "sessions.visit_count") }} as conversion_rate,
    cast(sessions.customer_count as bigint) as customer_count,
    cast(sessions.bot_session_count as bigint) as bot_session_count,
    cast(requests.request_count as bigint) as request_count,
    cast(requests.not_found_count as bigint) as not_found_count,
    cast(requests.server_error_count as bigint) as server_error_count
from requests
inner join sessions on requests.request_date = sessions.session_date
