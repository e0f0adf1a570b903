"""The end of a draft: published whole in one transaction, or discarded with its files."""

from contextlib import suppress

from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from sqlalchemy.orm import Session

from lakehouse.catalog.draft_files import Drafted, remove_draft_files
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.errors import CatalogError


def publish(draft: DraftCatalog) -> list[Drafted]:
    """Move the pointers of all drafted tables in one transaction; returns what was published.

    A reader finds either every table as before or every table as drafted. The draft is closed.

    Raises CatalogError when somebody else changed one of the tables since the draft was opened;
    then nothing is published, and the draft stays.
    """
    tables = draft.drafted()
    with Session(draft.engine) as session:
        try:
            for each in tables:
                LakeSqlCatalog.move_pointer(
                    draft, session, each.identifier, each.base, each.location
                )
        except (CommitFailedException, TableAlreadyExistsError) as e:
            session.rollback()
            raise CatalogError(
                f"nothing was published: while the marts were built, {e}",
                hint="build again: it begins with what is there now",
            ) from e
        draft.forget(session)
        session.commit()
    draft.close()
    for each in tables:
        _tidy(draft, each)
    return tables


def discard(draft: DraftCatalog) -> None:
    """Remove the files of an open draft, then the draft itself; a killed removal is repeated."""
    for each in draft.drafted():
        discard_table(draft, each)
    with Session(draft.engine) as session:
        draft.forget(session)
        session.commit()


def discard_table(draft: DraftCatalog, table: Drafted) -> None:
    """Remove what the draft wrote for one table, and see that table as it is published."""
    remove_draft_files(draft, table)
    with Session(draft.engine) as session:
        draft.forget(session, table.identifier)
        session.commit()
    draft.renew(table.identifier)


def _tidy(draft: DraftCatalog, table: Drafted) -> None:
    """Remove what the published table has outlived: old metadata, or all of a dropped one."""
    with suppress(OSError):  # the orphan sweep finds what stays
        if table.location is None:
            remove_draft_files(draft, Drafted(table.identifier, table.base, None))
            return
        if table.base is None:
            return
        io = draft._load_file_io(location=table.location)
        before, after = draft.metadata_at(table.base), draft.metadata_at(table.location)
        draft._delete_old_metadata(io, before, after)
