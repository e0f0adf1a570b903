"""The access logs, read with nothing but the documented format, beside the order logs."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from ingest.generator import ACCESS, ORDERS, generate
from lakehouse.config import GenerateSettings

# Apache's "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"".
COMBINED = re.compile(
    r'(?P<host>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)'
    r' HTTP/1\.1" (?P<status>\d{3}) (?P<size>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"'
)
# Thursday to Wednesday, with a Saturday; 3 and 9 November are a Monday and a Sunday.
SETTINGS = GenerateSettings(start=date(2025, 10, 30), days=14, bad_lines=0)


@dataclass(frozen=True)
class Request:
    host: str
    user: str
    at: datetime
    call: str
    status: int
    referer: str
    agent: str


def parsed(line: str) -> Request:
    match = COMBINED.fullmatch(line)
    assert match, line
    at = datetime.strptime(match["time"], "%d/%b/%Y:%H:%M:%S %z")
    call = f"{match['method']} {match['path']}"
    assert (match["size"] == "-") == (match["status"] in {"303", "304"}), line
    status = int(match["status"])
    return Request(match["host"], match["user"], at, call, status, match["referer"], match["agent"])


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    generate(ORDERS, SETTINGS, folder)
    generate(ACCESS, SETTINGS, folder)
    return folder


@pytest.fixture(scope="module")
def days(logs: Path) -> dict[date, list[Request]]:
    return {
        date.fromisoformat(file.stem.removeprefix("access-")): [
            parsed(line) for line in file.read_text(encoding="utf-8").splitlines()
        ]
        for file in sorted(logs.glob("access-*.log"))
    }


@pytest.fixture(scope="module")
def orders(logs: Path) -> dict[str, list[dict[str, str]]]:
    """The lines of the orders that customers placed, by invoice."""
    found = defaultdict(list)
    for file in logs.glob("orders-*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                if line["CustomerID"] and int(line["Quantity"]) > 0:
                    found[line["InvoiceNo"]].append(line)
    return found


def test_each_file_holds_its_day_in_order_of_time(days: dict[date, list[Request]]) -> None:
    assert len(days) == SETTINGS.days
    for day, requests in days.items():
        times = [request.at for request in requests]
        assert times == sorted(times)
        assert {at.date() for at in times} == {day}


def test_every_order_of_a_customer_ends_a_visit_of_theirs(
    days: dict[date, list[Request]], orders: dict[str, list[dict[str, str]]]
) -> None:
    shown = {
        request.call.removeprefix("GET /orders/"): request
        for requests in days.values()
        for request in requests
        if request.call.startswith("GET /orders/") and request.status == 200
    }
    assert len(orders) > 300
    assert orders.keys() <= shown.keys()
    for invoice, lines in orders.items():
        assert shown[invoice].user == lines[0]["CustomerID"]
        # The order page is asked for right after the order, which is logged to the minute.
        ordered = datetime.fromisoformat(lines[0]["InvoiceDate"] + "+00:00")
        assert 0 <= (shown[invoice].at - ordered).total_seconds() < 60 + 30


def test_what_is_bought_was_put_into_the_cart_and_mostly_looked_at_before(
    days: dict[date, list[Request]], orders: dict[str, list[dict[str, str]]]
) -> None:
    calls: dict[tuple[date, str], dict[str, datetime]] = defaultdict(dict)
    for day, requests in days.items():
        # A visit begins before the login, so visitors are known by where they come from.
        hosts = {request.host: request.user for request in requests if request.user != "-"}
        for request in requests:
            user = hosts.get(request.host, "-")
            calls[day, user].setdefault(request.call, request.at)
    bought = viewed = 0
    for lines in orders.values():
        ordered = datetime.fromisoformat(lines[0]["InvoiceDate"] + "+00:00")
        theirs = calls[ordered.date(), lines[0]["CustomerID"]]
        for line in lines:
            code = line["StockCode"].upper()
            if code[:5].isdigit():
                bought += 1
                added = theirs[f"POST /cart/{code}"]
                assert (added - ordered).total_seconds() < 60
                viewed += theirs.get(f"GET /product/{code}", added) < added
    assert bought > 5_000
    assert viewed / bought > 0.75


def test_most_visits_lead_to_no_order(days: dict[date, list[Request]]) -> None:
    people = [
        r for requests in days.values() for r in requests if "Mozilla/5.0 (com" not in r.agent
    ]
    visitors = {(r.at.date(), r.host) for r in people if r.host.startswith(("198.18.", "198.19."))}
    buyers = {(r.at.date(), r.host) for r in people if r.call == "POST /checkout"}
    assert 0.1 < len(buyers) / len(visitors) < 0.5
    saturday = [r for r in days[date(2025, 11, 1)] if r.host.startswith(("198.18.", "198.19."))]
    assert len(saturday) > 100
    assert not any(r.call == "POST /checkout" and r.status == 303 for r in saturday)


def test_robots_scanners_and_the_partner_are_there(days: dict[date, list[Request]]) -> None:
    everything = [request for requests in days.values() for request in requests]
    robots = [r for r in everything if "compatible;" in r.agent]
    assert len({r.agent for r in robots}) == 3
    assert 0.05 < len(robots) / len(everything) < 0.4
    assert any(r.call == "GET /robots.txt" for r in robots)
    assert {r.status for r in robots} >= {200, 404}
    probes = [r for r in everything if r.call == "GET /wp-login.php"]
    assert probes
    assert all(r.status in {404, 500, 503} for r in probes)
    assert any(r.call == "POST /api/orders" and r.status == 201 for r in everything)


def test_errors_of_the_server_are_followed_by_another_try(
    days: dict[date, list[Request]],
) -> None:
    failed = 0
    for requests in days.values():
        tries = defaultdict(list)
        for request in requests:
            tries[request.host, request.call].append((request.at, request.status))
        for answers in tries.values():
            for n, (at, status) in enumerate(answers):
                if status >= 500:
                    failed += 1
                    again = [late for late, answer in answers[n + 1 :] if answer < 500]
                    assert any((late - at).total_seconds() <= 5 for late in again)
    assert failed > 5


def test_people_come_from_the_page_they_saw_before(days: dict[date, list[Request]]) -> None:
    site = "https://www.cadabra.example"
    for requests in days.values():
        seen = defaultdict(set)
        for request in requests:
            if request.referer.startswith(site + "/") and "newsletter" not in request.referer:
                assert request.referer.removeprefix(site) in seen[request.host]
            method, path = request.call.split(" ")
            if method == "GET":
                seen[request.host].add(path)


def test_nobodys_address_is_in_the_logs(days: dict[date, list[Request]]) -> None:
    # RFC 2544 (benchmarks) and RFC 5737 (documentation).
    reserved = ("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    networks = [ip_network(network) for network in reserved]
    hosts = {request.host for requests in days.values() for request in requests}
    assert all(any(ip_address(host) in network for network in networks) for host in hosts)
