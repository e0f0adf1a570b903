{{
    config(
        materialized="incremental",
        unique_key="session_id",
        on_schema_change="append_new_columns",
        replace_where="session_date in ({{ changed_request_days(this, 'session_date') }})",
        partitioned_by=["month(session_date)"],
    )
}}

with
    requests as (
        select *
        from {{ ref("int_requests_classified") }}
        {% if is_incremental() %}
            where request_date in ({{ changed_request_days(this, "session_date") }})
        {% endif %}
    ),

    -- a visitor is an address with an agent; after half an hour of silence, or at
    -- midnight, another session begins
    steps as (
        select
            *,
            case
                when
                    requested_at <= lag(requested_at) over (
                        partition by client_ip, user_agent, request_date
                        order by requested_at, request_id
                    )
                    + interval '30' minute
                then 0
                else 1
            end as begins
        from requests
    ),

    numbered as (
        select
            *,
            sum(begins) over (
                partition by client_ip, user_agent, request_date
                order by requested_at, request_id
                rows between unbounded preceding and current row
            ) as session_number
        from steps
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by client_ip, user_agent, request_date, session_number
                order by requested_at, request_id
            ) as step,
            row_number() over (
                partition by client_ip, user_agent, request_date, session_number
                order by requested_at desc, request_id desc
            ) as step_from_end
        from numbered
    ),

    sessions as (
        select
            max(case when step = 1 then request_id end) as session_id,
            request_date,
            client_ip,
            user_agent,
            max(client_kind) as client_kind,
            max(user_id) as user_id,
            max(order_id) as order_id,
            min(requested_at) as started_at,
            max(requested_at) as ended_at,
            max(case when step = 1 then path end) as entry_path,
            max(case when step_from_end = 1 then path end) as exit_path,
            max(case when step = 1 then referrer end) as referrer,
            count(*) as request_count,
            sum(case when status >= 400 then 1 else 0 end) as error_count,
            {% for page in ["product", "add to cart", "checkout", "place order"] %}
                sum(
                    case when page = '{{ page }}' and status < 400 then 1 else 0 end
                ) as {{ page | replace(" ", "_") }}_count,
            {% endfor %}
            max(case when page in ('crawling', 'probe') then 1 else 0 end) as is_odd,
            max(ingest_seq) as latest_ingest_seq
        from placed
        group by client_ip, user_agent, request_date, session_number
    )

select
    cast(session_id as bigint) as session_id,
    cast(request_date as date) as session_date,
    cast(client_ip as {{ dbt.type_string() }}) as client_ip,
    cast(user_agent as {{ dbt.type_string() }}) as user_agent,
    cast(client_kind as {{ dbt.type_string() }}) as client_kind,
    cast(client_kind <> 'browser' or is_odd = 1 as boolean) as is_bot,
    cast(user_id as {{ dbt.type_string() }}) as customer_id,
    cast(order_id as {{ dbt.type_string() }}) as order_id,
    cast(started_at as timestamp) as started_at,
    cast(ended_at as timestamp) as ended_at,
    cast({{ seconds_between("started_at", "ended_at") }} as bigint) as duration_seconds,
    cast(entry_path as {{ dbt.type_string() }}) as entry_path,
    cast(exit_path as {{ dbt.type_string() }}) as exit_path,
    cast(referrer as {{ dbt.type_string() }}) as referrer,
    cast(request_count as bigint) as request_count,
    cast(error_count as bigint) as error_count,
    cast(product_count as bigint) as product_view_count,
    cast(add_to_cart_count as bigint) as cart_addition_count,
    cast(
        case
            when place_order_count > 0
            then 5
            when checkout_count > 0
            then 4
            when add_to_cart_count > 0
            then 3
            when product_count > 0
            then 2
            else 1
        end as int
    ) as furthest_step,
    cast(place_order_count > 0 as boolean) as is_converted,
    cast(latest_ingest_seq as bigint) as latest_ingest_seq
from sessions
