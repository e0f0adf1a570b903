with
    requests as (
        select
            *,
            cast(requested_at as date) as request_date,
            split_part(path, '?', 1) as page_path,
            lower(coalesce(user_agent, '')) as agent
        from {{ ref("stg_landing__access_logs") }}
    )

select
    request_id,
    client_ip,
    user_id,
    user_agent,
    requested_at,
    request_date,
    method,
    path,
    status,
    response_bytes,
    referrer,
    ingest_seq,
    case
        when page_path = '/'
        then 'home'
        when page_path = '/search'
        then 'search'
        when page_path like '/category/%'
        then 'category'
        when page_path like '/product/%'
        then 'product'
        when page_path like '/cart/%' and method = 'POST'
        then 'add to cart'
        when page_path = '/cart'
        then 'cart'
        when page_path = '/login'
        then 'login'
        when page_path = '/checkout' and method = 'POST'
        then 'place order'
        when page_path = '/checkout'
        then 'checkout'
        when page_path like '/orders/%'
        then 'order'
        when page_path in ('/robots.txt', '/sitemap.xml')
        then 'crawling'
        when page_path like '/api/%'
        then 'api'
        when
            page_path like '%.php'
            or page_path like '/.%'
            or page_path like '/cgi-bin/%'
            or page_path like '/phpmyadmin/%'
            or page_path like '/admin/%'
        then 'probe'
        else 'other'
    end as page,
    -- an order that was placed has a page of its own; its number is that of the invoice
    case
        when page_path like '/orders/%' then split_part(page_path, '/', 3)
    end as order_id,
    case
        when
            agent like '%bot%'
            or agent like '%crawl%'
            or agent like '%spider%'
            or agent like '%slurp%'
        then 'crawler'
        when agent like 'mozilla/%' or agent like 'opera/%'
        then 'browser'
        else 'script'
    end as client_kind
from requests
