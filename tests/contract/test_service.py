"""The service in plain HTTP: routes, bodies, codes and error types of the specification.

https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
"""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa
import pytest
import requests
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import UnauthorizedError

from lakehouse.catalog import Endpoint, catalog_endpoint
from lakehouse.catalog.defaults import TABLE_DEFAULTS
from lakehouse.catalog.rest.app import LARGEST_BODY
from lakehouse.config import Settings
from tests.contract.conftest import Service, client_of, refused

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "x", "required": False, "type": "long"}]}
TABLES = "namespaces/shop/tables"
SALES = f"{TABLES}/sales"
SET = {"action": "set-properties", "updates": {"owner": "ann"}}


def identifier(name: str) -> dict[str, Any]:
    return {"namespace": ["shop"], "name": name}


@pytest.fixture
def shop(service: Service) -> Service:
    """The service with a namespace `shop` and a table `shop.sales`."""
    assert service("POST", "namespaces", {"namespace": ["shop"]}).status_code == 200
    made = service("POST", TABLES, {"name": "sales", "schema": SCHEMA})
    assert made.status_code == 200
    return service


# --- configuration and routes


def test_the_configuration_lists_what_is_served(service: Service) -> None:
    told = service("GET", "config").json()
    assert told["defaults"] == told["overrides"] == {}
    assert "POST /v1/{prefix}/transactions/commit" in told["endpoints"]
    assert "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}" in told["endpoints"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "nowhere", 404),
        ("GET", "namespaces/shop/functions", 404),
        ("GET", "namespaces/shop/tables/sales/more/of/it", 404),
        ("DELETE", "config", 405),
        ("PATCH", "namespaces/shop", 405),
    ],
)
def test_an_unknown_route_is_refused(shop: Service, method: str, path: str, code: int) -> None:
    assert refused(shop(method, path), code, "NoSuchRouteException")


# --- tokens


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic {}", "Bearer {}x", "{}"])
@pytest.mark.parametrize("path", ["config", "namespaces", "nowhere"])
def test_without_the_token_nothing_is_told(service: Service, header: str, path: str) -> None:
    headers = {"Authorization": header.format(service.endpoint.token)}
    response = service("GET", path, headers=headers)
    assert refused(response, 401, "NotAuthorizedException")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_without_any_header_nothing_is_told(endpoint: Endpoint) -> None:
    response = requests.get(f"{endpoint.uri}/v1/config", timeout=30)
    assert refused(response, 401, "NotAuthorizedException")


def test_two_services_have_two_tokens(settings: Settings, endpoint: Endpoint) -> None:
    with catalog_endpoint(settings) as other:
        assert other.token != endpoint.token
        assert other.uri != endpoint.uri
        assert other.token not in repr(other)


# --- namespaces


def test_a_namespace_is_made_found_and_dropped(service: Service) -> None:
    made = service("POST", "namespaces", {"namespace": ["shop"], "properties": {"a": "1"}})
    assert made.json() == {"namespace": ["shop"], "properties": {"a": "1"}}
    assert service("HEAD", "namespaces/shop").status_code == 204
    assert service("GET", "namespaces/shop").json() == made.json()
    assert service("DELETE", "namespaces/shop").status_code == 204
    missing = service("HEAD", "namespaces/shop")
    assert (missing.status_code, missing.content) == (404, b"")


def test_namespaces_nest(service: Service) -> None:
    for namespace in (["a"], ["a", "b"], ["a", "b", "c"], ["ab"], ["z"]):
        service("POST", "namespaces", {"namespace": namespace}).raise_for_status()
    assert service("GET", "namespaces").json()["namespaces"] == [["a"], ["ab"], ["z"]]
    below = service("GET", "namespaces", params={"parent": "a"}).json()
    assert below["namespaces"] == [["a", "b"]]
    below = service("GET", "namespaces", params={"parent": "a\x1fb"}).json()
    assert below["namespaces"] == [["a", "b", "c"]]
    made = service("POST", "namespaces/a%1Fb/tables", {"name": "t", "schema": SCHEMA})
    assert made.status_code == 200
    staged = service(
        "POST", "namespaces/a%1Fb/tables", {"name": "u", "schema": SCHEMA, "stage-create": True}
    )
    assert staged.status_code == 200
    listed = service("GET", "namespaces/a%1Fb/tables").json()
    assert listed["identifiers"] == [{"namespace": ["a", "b"], "name": "t"}]
    assert refused(service("DELETE", "namespaces/a"), 409, "NamespaceNotEmptyException")


def test_listings_come_in_pages(service: Service) -> None:
    for number in range(5):
        service("POST", "namespaces", {"namespace": [f"n{number}"]}).raise_for_status()
    seen, token = [], ""
    while token is not None:
        params = {"pageSize": 2, "pageToken": token}
        page = service("GET", "namespaces", params=params).json()
        assert len(page["namespaces"]) <= 2
        seen += page["namespaces"]
        token = page["next-page-token"]
    assert seen == [["n0"], ["n1"], ["n2"], ["n3"], ["n4"]]


@pytest.mark.parametrize("params", [{"pageSize": "0"}, {"pageSize": "x"}, {"pageSize": "-1"}])
def test_a_senseless_page_is_refused(service: Service, params: dict[str, str]) -> None:
    assert refused(service("GET", "namespaces", params=params), 400, "BadRequestException")


def test_a_key_set_and_removed_at_once_is_refused(shop: Service) -> None:
    body = {"removals": ["a"], "updates": {"a": "1"}}
    response = shop("POST", "namespaces/shop/properties", body)
    assert refused(response, 422, "UnprocessableEntityException")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "namespaces/none", None),
        ("DELETE", "namespaces/none", None),
        ("POST", "namespaces/none/properties", {"updates": {"a": "1"}}),
        ("GET", "namespaces/none/tables", None),
        ("POST", "namespaces/none/tables", {"name": "t", "schema": SCHEMA}),
        ("POST", "namespaces/none/tables", {"name": "t", "schema": SCHEMA, "stage-create": True}),
        ("GET", "namespaces?parent=none", None),
    ],
)
def test_a_missing_namespace_is_told(service: Service, method: str, path: str, body: Any) -> None:
    assert refused(service(method, path, body), 404, "NoSuchNamespaceException")


# --- tables


def test_a_table_is_made_with_folders_and_defaults(shop: Service) -> None:
    loaded = shop("GET", SALES).json()
    metadata = loaded["metadata"]
    assert loaded["config"] == {}
    assert metadata["format-version"] == 2
    assert metadata["properties"]["write.parquet.compression-codec"] == "zstd"
    location = Path(metadata["location"].removeprefix("file://"))
    assert (location / "data").is_dir()
    assert loaded["metadata-location"].startswith(metadata["location"] + "/metadata/00000-")


def test_what_is_loaded_is_what_was_committed(shop: Service) -> None:
    committed = shop("POST", SALES, {"requirements": [], "updates": [SET]}).json()
    assert committed["metadata"]["properties"]["owner"] == "ann"
    assert shop("GET", SALES).json() == committed


def test_a_missing_table_is_told(shop: Service) -> None:
    for method, body in [("GET", None), ("DELETE", None), ("POST", {"updates": [SET]})]:
        response = shop(method, f"{TABLES}/none", body)
        assert refused(response, 404, "NoSuchTableException")
    assert shop("HEAD", f"{TABLES}/none").status_code == 404
    rename = {"source": identifier("none"), "destination": identifier("other")}
    assert refused(shop("POST", "tables/rename", rename), 404, "NoSuchTableException")


def test_a_table_is_made_once(shop: Service) -> None:
    for staged in (False, True):
        body = {"name": "sales", "schema": SCHEMA, "stage-create": staged}
        assert refused(shop("POST", TABLES, body), 409, "AlreadyExistsException")


def test_a_purge_is_refused_where_files_are_shared(shop: Service) -> None:
    keep = {"action": "set-properties", "updates": {"gc.enabled": "false"}}
    shop("POST", SALES, {"updates": [keep]}).raise_for_status()
    purge = shop("DELETE", SALES, params={"purgeRequested": "true"})
    assert refused(purge, 400, "ValidationException")
    assert shop("HEAD", SALES).status_code == 204


def test_a_dropped_table_keeps_its_files_and_a_purged_one_does_not(shop: Service) -> None:
    location = Path(shop("GET", SALES).json()["metadata"]["location"].removeprefix("file://"))
    shop("DELETE", SALES).raise_for_status()
    assert list(location.glob("metadata/*.metadata.json"))
    again = shop("POST", TABLES, {"name": "sales", "schema": SCHEMA}).json()["metadata"]
    other = Path(again["location"].removeprefix("file://"))
    assert other != location
    shop("DELETE", SALES, params={"purgeRequested": "true"}).raise_for_status()
    assert not other.exists()
    assert list(location.glob("metadata/*.metadata.json"))


def test_a_new_table_stays_out_of_a_renamed_ones_folder(shop: Service) -> None:
    rename = {"source": identifier("sales"), "destination": identifier("old")}
    assert shop("POST", "tables/rename", rename).status_code == 204
    made = shop("POST", TABLES, {"name": "sales", "schema": SCHEMA}).json()
    old = shop("GET", f"{TABLES}/old").json()
    assert made["metadata"]["location"] != old["metadata"]["location"]


def test_metadata_that_is_none_is_not_registered(shop: Service, tmp_path: Path) -> None:
    junk = tmp_path / "junk.metadata.json"
    junk.write_text("{}")
    for location, code, kind in [
        (str(junk), 400, "BadRequestException"),
        (str(tmp_path / "none.metadata.json"), 400, "BadRequestException"),
    ]:
        body = {"name": "reg", "metadata-location": location}
        assert refused(shop("POST", "namespaces/shop/register", body), code, kind)
    assert shop("HEAD", f"{TABLES}/reg").status_code == 404


def test_metrics_are_taken(shop: Service) -> None:
    report = {"report-type": "scan-report", "table-name": "sales", "metrics": {}}
    assert shop("POST", f"{SALES}/metrics", report).status_code == 204


# --- bodies

CREATE = {"name": "t", "schema": SCHEMA}
MALFORMED = [
    ("namespaces", b""),
    ("namespaces", b"{"),
    ("namespaces", b"\xff\xfe"),
    ("namespaces", b"[" * 100_000),
    ("namespaces", b"[]"),
    ("namespaces", {}),
    ("namespaces", {"namespace": "shop"}),
    ("namespaces", {"namespace": []}),
    ("namespaces", {"namespace": ["a"], "properties": {"k": {}}}),
    ("namespaces/shop/properties", {"updates": []}),
    (TABLES, {}),
    (TABLES, {"name": "t"}),
    (TABLES, {"name": "t", "schema": {}}),
    (TABLES, {"name": "t", "schema": []}),
    (TABLES, {"name": None, "schema": SCHEMA}),
    (TABLES, CREATE | {"schema": {"type": "struct", "fields": [{"id": 1, "name": "x"}]}}),
    (TABLES, CREATE | {"partition-spec": {"fields": [{"source-id": 9}]}}),
    (TABLES, CREATE | {"properties": {"format-version": "9"}}),
    (TABLES, CREATE | {"properties": {"format-version": "two"}}),
    (TABLES, CREATE | {"properties": "none"}),
    (SALES, {"updates": [{"action": "no-such-action"}]}),
    (SALES, {"updates": [{}]}),
    (SALES, {"updates": "all"}),
    (SALES, {"requirements": [{"type": "no-such-type"}]}),
    (SALES, {"updates": [{"action": "set-current-schema", "schema-id": 77}]}),
    (SALES, {"updates": [{"action": "remove-schemas", "schema-ids": [77]}]}),
    (SALES, {"updates": [{"action": "add-snapshot", "snapshot": {}}]}),
    ("namespaces/shop/register", {"name": "x"}),
    ("tables/rename", {"source": identifier("sales")}),
    ("transactions/commit", {"table-changes": []}),
    ("transactions/commit", {"table-changes": [{}]}),
    ("transactions/commit", {"table-changes": "all"}),
    (f"{SALES}/metrics", b"no json"),
]


@pytest.mark.parametrize(("path", "body"), MALFORMED)
def test_a_malformed_body_is_refused_and_changes_nothing(
    shop: Service, path: str, body: Any
) -> None:
    before = shop("GET", SALES).json()
    response = shop("POST", path, body)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["code"] == 400
    assert "Traceback" not in response.text
    assert shop("GET", SALES).json() == before
    assert shop("GET", "namespaces").json()["namespaces"] == [["shop"]]
    assert len(shop("GET", TABLES).json()["identifiers"]) == 1


def test_a_huge_body_is_refused(shop: Service) -> None:
    assert refused(shop("POST", SALES, b" " * (LARGEST_BODY + 1)), 413, "BadRequestException")
    assert shop("GET", "config").status_code == 200


# --- names


@pytest.mark.parametrize(
    "name",
    ["with space", "a.b", "ünï 雪", "a/b", "a%2Fb", "q?m", "h#h", "quo'te\"s", "😀", "-", "..."],
)
def test_a_table_may_have_any_printable_name(shop: Service, client: Catalog, name: str) -> None:
    made = shop("POST", TABLES, {"name": name, "schema": SCHEMA})
    assert made.status_code == 200, made.text
    assert made.json()["metadata"]["location"].isascii()
    path = f"{TABLES}/{quote(name, safe='')}"
    assert shop("GET", path).json()["metadata"] == made.json()["metadata"]
    assert ("shop", name) in client.list_tables("shop")
    assert client.load_table(("shop", name)).schema().column_names == ["x"]
    shop("DELETE", path).raise_for_status()
    assert shop("HEAD", path).status_code == 404


@pytest.mark.parametrize("name", ["", " ", " x", "x ", ".", "..", "a\nb", "a\x00b", "x" * 256])
def test_a_name_that_could_not_be_found_again_is_refused(shop: Service, name: str) -> None:
    body = {"name": name, "schema": SCHEMA}
    assert refused(shop("POST", TABLES, body), 400, "BadRequestException")


@pytest.mark.parametrize("namespace", [["a.b"], [""], ["a", ""], [" a"], ["a\x1fb"], ["x" * 256]])
def test_a_namespace_that_could_not_be_found_again_is_refused(
    service: Service, namespace: list[str]
) -> None:
    body = {"namespace": namespace}
    assert refused(service("POST", "namespaces", body), 400, "BadRequestException")


def test_no_name_leads_out_of_the_warehouse(shop: Service, settings: Settings) -> None:
    for name in ("../../../escape", "/etc/escape", "..\\escape"):
        made = shop("POST", TABLES, {"name": name, "schema": SCHEMA}).json()
        location = Path(made["metadata"]["location"].removeprefix("file://"))
        assert location.resolve().parent == (settings.warehouse / "shop").resolve()


# --- commits


def assert_uuid(uuid: str) -> dict[str, str]:
    return {"type": "assert-table-uuid", "uuid": uuid}


def test_a_requirement_that_does_not_hold_is_a_conflict(shop: Service) -> None:
    wrong = assert_uuid("00000000-0000-0000-0000-000000000000")
    response = shop("POST", SALES, {"requirements": [wrong], "updates": [SET]})
    assert refused(response, 409, "CommitFailedException")
    exists = {"requirements": [{"type": "assert-create"}], "updates": [SET]}
    assert refused(shop("POST", SALES, exists), 409, "CommitFailedException")


def test_a_snapshot_without_its_files_is_refused(shop: Service, client: Catalog) -> None:
    client.load_table("shop.sales").append(pa.table({"x": [1]}))
    loaded = shop("GET", SALES).json()["metadata"]
    for file in Path(loaded["location"].removeprefix("file://")).glob("data/*.parquet"):
        file.unlink()
    snapshot = loaded["snapshots"][0] | {"sequence-number": 2}
    commit = {"updates": [{"action": "add-snapshot", "snapshot": snapshot}]}
    assert refused(shop("POST", SALES, commit), 400, "BadRequestException")
    lost = snapshot | {"snapshot-id": 5, "manifest-list": snapshot["manifest-list"] + ".none"}
    commit = {"updates": [{"action": "add-snapshot", "snapshot": lost}]}
    assert refused(shop("POST", SALES, commit), 400, "BadRequestException")
    assert shop("GET", SALES).json()["metadata"] == loaded


def test_a_staged_table_is_committed(shop: Service) -> None:
    body = {"name": "new", "schema": SCHEMA, "stage-create": True}
    staged = shop("POST", TABLES, body).json()
    assert staged["metadata-location"] is None
    assert shop("HEAD", f"{TABLES}/new").status_code == 404
    metadata = staged["metadata"]
    updates = [
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "upgrade-format-version", "format-version": 2},
        {"action": "add-schema", "schema": metadata["schemas"][0]},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": metadata["partition-specs"][0]},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": metadata["sort-orders"][0]},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": metadata["location"]},
    ]
    commit = {"requirements": [{"type": "assert-create"}], "updates": updates}
    made = shop("POST", f"{TABLES}/new", commit)
    assert made.status_code == 200, made.text
    # The client left the properties out; the table has the defaults all the same.
    assert TABLE_DEFAULTS.items() <= made.json()["metadata"]["properties"].items()
    assert made.json()["metadata"]["table-uuid"] == metadata["table-uuid"]
    assert refused(shop("POST", f"{TABLES}/new", commit), 409, "CommitFailedException")


@pytest.fixture
def two(shop: Service) -> Service:
    """Two tables: shop.sales and shop.stock."""
    shop("POST", TABLES, {"name": "stock", "schema": SCHEMA}).raise_for_status()
    return shop


def change(name: str, *requirements: dict[str, Any]) -> dict[str, Any]:
    return {"identifier": identifier(name), "requirements": [*requirements], "updates": [SET]}


def owners(service: Service) -> list[str | None]:
    return [
        service("GET", f"{TABLES}/{name}").json()["metadata"]["properties"].get("owner")
        for name in ("sales", "stock")
    ]


def test_changes_to_two_tables_commit_together(two: Service) -> None:
    body = {"table-changes": [change("sales"), change("stock")]}
    assert two("POST", "transactions/commit", body).status_code == 204
    assert owners(two) == ["ann", "ann"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_conflict_in_one_table_undoes_the_other(
    two: Service, settings: Settings, order: int
) -> None:
    wrong = assert_uuid("00000000-0000-0000-0000-000000000000")
    changes = [change("sales"), change("stock", wrong)][::order]
    before = sorted(settings.warehouse.rglob("*"))
    response = two("POST", "transactions/commit", {"table-changes": changes})
    assert refused(response, 409, "CommitFailedException")
    assert owners(two) == [None, None]
    assert sorted(settings.warehouse.rglob("*")) == before


def test_a_missing_table_undoes_the_others(two: Service, settings: Settings) -> None:
    before = sorted(settings.warehouse.rglob("*"))
    body = {"table-changes": [change("sales"), change("none"), change("stock")]}
    assert refused(two("POST", "transactions/commit", body), 404, "NoSuchTableException")
    assert owners(two) == [None, None]
    assert sorted(settings.warehouse.rglob("*")) == before


def test_one_table_is_changed_once_in_a_transaction(two: Service) -> None:
    body = {"table-changes": [change("sales"), change("sales")]}
    assert refused(two("POST", "transactions/commit", body), 400, "BadRequestException")


# --- trouble below


@pytest.mark.parametrize("key", ["py-io-impl", "write.py-location-provider.impl"])
def test_no_client_makes_the_service_run_code(shop: Service, key: str) -> None:
    body = {"name": "t", "schema": SCHEMA, "properties": {key: "antigravity.Fly"}}
    assert refused(shop("POST", TABLES, body), 403, "ForbiddenException")
    update = {"action": "set-properties", "updates": {key: "antigravity.Fly"}}
    assert refused(shop("POST", SALES, {"updates": [update]}), 403, "ForbiddenException")


def test_a_file_that_is_no_metadata_is_not_shown(shop: Service, tmp_path: Path) -> None:
    secret = tmp_path / "secret.metadata.json"
    secret.write_text('{"password": "hunter2", "format-version": 2}')
    body = {"name": "reg", "metadata-location": str(secret)}
    response = shop("POST", "namespaces/shop/register", body)
    assert response.status_code == 400
    assert "hunter2" not in response.text


def test_a_relative_location_is_refused(shop: Service) -> None:
    body = {"name": "t", "schema": SCHEMA, "location": "here/and/there"}
    assert refused(shop("POST", TABLES, body), 400, "BadRequestException")


def test_a_lost_metadata_file_is_told_without_a_traceback(shop: Service) -> None:
    location = shop("GET", SALES).json()["metadata-location"]
    Path(location.removeprefix("file://")).unlink()
    # Not 404: a client would take the table for missing, and create it.
    assert refused(shop("GET", SALES), 500, "NotFoundException")
    assert refused(shop("POST", SALES, {"updates": [SET]}), 500, "NotFoundException")


def test_clients_that_hang_do_not_hold_the_others_up(shop: Service) -> None:
    address = urlsplit(shop.endpoint.uri)
    hanging = []
    for _ in range(60):  # more than there are threads for requests
        connection = socket.create_connection((address.hostname, address.port))
        head = f"POST /v1/{SALES} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        head += f"Authorization: Bearer {shop.endpoint.token}\r\n\r\n{{"
        connection.sendall(head.encode())
        hanging.append(connection)
    assert shop("GET", SALES).status_code == 200
    for connection in hanging:
        connection.close()
    assert json.loads(shop("GET", SALES).content)["metadata"]["properties"].get("owner") is None


def test_folders_of_staged_tables_go_with_the_service(settings: Settings) -> None:
    with catalog_endpoint(settings) as endpoint:
        service = Service(endpoint)
        service("POST", "namespaces", {"namespace": ["shop"]}).raise_for_status()
        body = {"name": "never", "schema": SCHEMA, "stage-create": True}
        service("POST", TABLES, body).raise_for_status()
        assert (settings.warehouse / "shop" / "never" / "data").is_dir()
    assert not (settings.warehouse / "shop" / "never").exists()


@pytest.mark.xdist_group("moto")
def test_a_catalog_without_transactions_refuses_them(glue_settings: Settings) -> None:
    with catalog_endpoint(glue_settings) as endpoint:
        service = Service(endpoint)
        assert not [one for one in service("GET", "config").json()["endpoints"] if "trans" in one]
        service("POST", "namespaces", {"namespace": ["shop"]}).raise_for_status()
        for name in ("sales", "stock"):
            service("POST", TABLES, {"name": name, "schema": SCHEMA}).raise_for_status()
        body = {"table-changes": [change("sales"), change("stock")]}
        refusal = service("POST", "transactions/commit", body)
        assert refused(refusal, 406, "UnsupportedOperationException")
        assert owners(service) == [None, None]
        alone = service("POST", "transactions/commit", {"table-changes": [change("sales")]})
        assert alone.status_code == 204
        assert owners(service) == ["ann", None]


def test_pyiceberg_is_told_of_a_wrong_token(endpoint: Endpoint) -> None:
    with pytest.raises(UnauthorizedError):
        client_of(Endpoint(endpoint.uri, "wrong"))
