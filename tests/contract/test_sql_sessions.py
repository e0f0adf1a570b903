"""A session of SQL over the kinds of catalogs."""

from pathlib import Path

import pytest

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.session import open_athena
from lakehouse.catalog import catalog_endpoint
from lakehouse.config import Settings, load_settings
from lakehouse.errors import CatalogError, QueryError
from lakehouse.query import Session, open_session

MAKE = ("create schema core", "create table core.t as select i as a from range(10) t(i)")


def make(settings: Settings) -> None:
    with open_session(settings, write=True) as session:
        for sql in MAKE:
            session.run(sql)


def total(session: Session) -> int:
    (page,) = session.run("select sum(a)::int as total from t").pages()
    return int(page["total"][0].as_py())


@pytest.mark.xdist_group("moto")
def test_tables_in_glue_are_read_and_local_files_are_not(glue_settings: Settings) -> None:
    make(glue_settings)
    with open_session(glue_settings) as session:
        assert total(session) == 45
        with pytest.raises(QueryError, match="Cannot access"):
            session.run("from read_text('/etc/passwd')")


def test_tables_of_a_service_are_read_where_its_warehouse_is_known(
    settings: Settings, tmp_path: Path
) -> None:
    make(settings)
    with catalog_endpoint(settings) as service:
        catalog = {"type": "rest", "uri": service.uri, "token": service.token}
        elsewhere = load_settings(
            folder=tmp_path, environment={}, flags={"home": tmp_path / "other", "catalog": catalog}
        )
        with open_session(elsewhere) as session, pytest.raises(QueryError) as refused:
            total(session)
        assert "--allow" in refused.value.hint
        with open_athena(elsewhere) as athena:
            for named in ("t", "core.t"):
                with pytest.raises(
                    CatalogError, match=r"core\.t lies in .*, where SQL may"
                ) as told:
                    athena.run(f"select * from {named}")
                assert f'warehouse = "{settings.warehouse}"' in told.value.hint
            for named in ("missing", '"x.parquet"', "nowhere.t"):
                with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
                    athena.run(f"select * from {named}")
        with open_session(elsewhere, folders=[settings.warehouse]) as session:
            assert total(session) == 45
        known = {**catalog, "warehouse": str(settings.warehouse)}
        with open_session(elsewhere.model_copy(update={"catalog": known})) as session:
            assert total(session) == 45
