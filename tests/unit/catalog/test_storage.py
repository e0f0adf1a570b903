import pytest

from lakehouse.catalog.rest.storage import storage_config


def test_a_local_table_needs_no_keys() -> None:
    assert storage_config({"s3.access-key-id": "k"}, "file:///lake/t") == {}


def test_the_keys_of_the_catalog_are_passed_on() -> None:
    properties = {
        "client.region": "eu-west-1",
        "client.access-key-id": "key",
        "client.secret-access-key": "secret",
        "s3.endpoint": "http://127.0.0.1:5000",
        "token": "not passed on",
    }
    assert storage_config(properties, "s3://bucket/t") == {
        "client.region": "eu-west-1",
        "s3.region": "eu-west-1",
        "s3.access-key-id": "key",
        "s3.secret-access-key": "secret",
        "s3.endpoint": "http://127.0.0.1:5000",
        "s3.path-style-access": "true",
    }


def test_keys_that_aws_finds_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "found")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    assert storage_config({"s3.region": "eu-west-1"}, "s3://bucket/t") == {
        "client.region": "eu-west-1",
        "s3.region": "eu-west-1",
        "s3.access-key-id": "found",
        "s3.secret-access-key": "hidden",
        "s3.session-token": "session",
    }
