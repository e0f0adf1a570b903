"""Requests that no client should send: each gets the specification's error, none a 500."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from pyiceberg.exceptions import NoSuchViewError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField
from pyiceberg.view.metadata import ViewVersion

from lakehouse.catalog import open_catalog
from lakehouse.catalog.rest import serving
from lakehouse.catalog.rest.app import ROUTES
from lakehouse.config import Settings
from tests.contract.conftest import Service, client_of, refused

REQUESTS = 400
FIELD = {"id": 1, "name": "x", "required": False, "type": "long"}
SCHEMA = {"schema-id": 0, "type": "struct", "fields": [FIELD]}
VIEW = {
    "version-id": 1,
    "schema-id": 0,
    "timestamp-ms": 1,
    "summary": {},
    "representations": [{"type": "sql", "sql": "select 1 as x", "dialect": "athena"}],
    "default-namespace": ["shop"],
}
# What is right of each kind of body, to be spoilt.
BODIES: list[Any] = [
    {"namespace": ["new"], "properties": {"a": "b"}},
    {"removals": ["a"], "updates": {"b": "c"}},
    {
        "name": "t",
        "schema": SCHEMA,
        "properties": {},
        "partition-spec": {"spec-id": 0, "fields": []},
    },
    {"name": "v", "schema": SCHEMA, "view-version": VIEW, "properties": {}},
    {"name": "t", "metadata-location": "/nowhere/x.metadata.json"},
    {
        "source": {"namespace": ["shop"], "name": "none"},
        "destination": {"namespace": ["shop"], "name": "u"},
    },
    {
        "requirements": [{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 5}],
        "updates": [
            {"action": "add-schema", "schema": SCHEMA, "last-column-id": 1},
            {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": 1},
            {"action": "remove-snapshots", "snapshot-ids": [1]},
            {"action": "set-location", "location": "relative"},
            {"action": "upgrade-format-version", "format-version": 9},
        ],
    },
]
ODD: list[Any] = [
    None, True, -1, 2**70, 1.5, "", "x" * 5000, "\x00", "☃\x1f", [], {}, [[]], {"a": {}}, "../..",
    "NaN", [None], {"type": "struct", "fields": None},
]  # fmt: skip
NAMES = ["shop", "sales", "none", "..", "%2e%2e%2f", "\x1f", "a\x1fb", " ", "x" * 300, "☃", "\x00"]


def spoilt(body: Any, chance: random.Random) -> Any:
    """The body with one place of it replaced, removed or doubled."""
    made = json.loads(json.dumps(body))
    place, at = made, chance.choice(list(made))
    while isinstance(place[at], dict | list) and place[at] and chance.random() < 0.7:
        place = place[at]
        at = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
    match chance.randrange(3):
        case 0:
            place[at] = chance.choice(ODD)
        case 1:
            del place[at]
        case _:
            place[at] = [place[at], place[at]]
    return made


def wrong_requests() -> Iterator[tuple[str, str, bytes]]:
    chance = random.Random(8)
    for _ in range(REQUESTS):
        path = chance.choice(list(ROUTES))
        for part in ("namespace", "table", "view"):
            name = chance.choice(["shop", "sales", chance.choice(NAMES)])
            path = path.replace(f"{{{part}}}", quote(name, safe=""))
        if chance.random() < 0.3:
            number = chance.choice(["0", "-1", "x", "9" * 40, "%00", ""])
            path += f"?pageSize={number}&pageToken={chance.choice(ODD[4:8])}&parent={number}"
        body = json.dumps(spoilt(chance.choice(BODIES), chance)).encode()
        if chance.random() < 0.1:
            body = body[: chance.randrange(len(body))]
        yield chance.choice(["GET", "HEAD", "POST", "DELETE", "PUT"]), path, body


@pytest.fixture
def shop(service: Service) -> Service:
    service("POST", "namespaces", {"namespace": ["shop"]}).raise_for_status()
    made = service("POST", "namespaces/shop/tables", {"name": "sales", "schema": SCHEMA})
    made.raise_for_status()
    return service


def test_nothing_a_client_sends_is_our_failure(shop: Service) -> None:
    answered = set()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {shop.endpoint.token}"
        for method, path, body in wrong_requests():
            url = f"{shop.endpoint.uri}/v1/{path}"
            response = session.request(method, url, data=body, timeout=30)
            assert response.status_code < 500, (method, path, body, response.text)
            answered.add(response.status_code)
            if response.status_code >= 400 and method != "HEAD":
                error = response.json()["error"]
                assert error["code"] == response.status_code
                assert error["type"]
                assert "Traceback" not in error["message"]
    assert {200, 400, 404} <= answered
    assert shop("GET", "config").status_code == 200


def test_views_by_pyicebergs_client(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop")
        with serving(catalog, access_log=log) as endpoint, client_of(endpoint) as client:
            assert client.list_views("shop") == []
            schema = Schema(NestedField(1, "x", LongType()))
            made = client.create_view("shop.v", schema, ViewVersion.model_validate(VIEW))
            assert client.list_views("shop") == [("shop", "v")]
            assert client.view_exists("shop.v")
            assert not client.view_exists("shop.w")
            assert client.load_view("shop.v") == made == catalog.load_view("shop.v")
            sql = client.load_view("shop.v").sql_for("athena")
            assert sql is not None
            assert sql.sql == "select 1 as x"
            change_views(Service(endpoint), made.metadata.view_uuid)
            client.drop_view("shop.v")
            for action in (client.load_view, client.drop_view):
                with pytest.raises(NoSuchViewError):
                    action("shop.v")
            service = Service(endpoint)
            service("GET", 'none"\\é')
            outside = {"name": "o", "schema": SCHEMA, "view-version": VIEW, "location": "/tmp/o"}
            assert service("POST", "namespaces/shop/views", outside).status_code == 403
            service("GET", "config", token="wrong")
    lines = log.read_text().splitlines()
    assert any('"DELETE /v1/namespaces/shop/views/v HTTP/1.1" 204 0' in line for line in lines)
    assert '"GET /v1/config HTTP/1.1" 401 ' in lines[-1]
    assert all(line.count('"') == 6 and line.startswith("127.0.0.1 - - [") for line in lines)
    assert endpoint.token not in log.read_text()


def change_views(service: Service, uuid: str) -> None:
    place = "namespaces/shop/views/v"
    other = {"type": "sql", "sql": "select 2 as y", "dialect": "spark"}
    shape = {"type": "struct", "fields": [{"id": 1, "name": "y", "required": False, "type": "int"}]}
    version = {**VIEW, "version-id": 7, "schema-id": -1, "representations": [other]}
    updates = [
        {"action": "add-schema", "schema": shape},
        {"action": "add-view-version", "view-version": version},
        {"action": "set-current-view-version", "view-version-id": -1},
        {"action": "set-properties", "updates": {"comment": "twos", "more": "x"}},
        {"action": "remove-properties", "removals": ["more"]},
    ]
    asked = {"requirements": [{"type": "assert-view-uuid", "uuid": uuid}], "updates": updates}
    assert service("POST", place, asked).status_code == 200
    assert refused(service("POST", place, asked), 409, "CommitFailedException")
    names = [{"namespace": ["shop"], "name": name} for name in ("v", "w")]
    move = {"source": names[0], "destination": names[1]}
    assert service("POST", "views/rename", move).status_code == 204
    assert service("GET", place).status_code == 404
    metadata = service("GET", "namespaces/shop/views/w").json()["metadata"]
    (kept,) = metadata["versions"]
    assert (kept["version-id"], kept["representations"]) == (7, [other])
    assert metadata["schemas"][0]["fields"][0]["name"] == "y"
    assert metadata["properties"] == {"comment": "twos"}
    back = {"source": names[1], "destination": names[0]}
    assert service("POST", "views/rename", back).status_code == 204
    for wrong in (
        {},
        {"updates": [{"action": "explode"}]},
        {"updates": [{"action": "set-current-view-version", "view-version-id": 99}]},
        {"updates": [{"action": "add-view-version", "view-version": {"schema-id": 5}}]},
        {"updates": [{"action": "add-schema"}]},
        {"updates": [], "requirements": [{"type": "assert-anything"}]},
    ):
        assert service("POST", place, wrong).status_code == 400, wrong
    elsewhere = {"updates": [{"action": "set-location", "location": "/tmp/o"}]}
    assert service("POST", place, elsewhere).status_code == 403
