"""What the server answers beside the pages: the editor, and whole results as files.

A result may have any size: it goes from disk to the browser in pieces.
"""

from pathlib import Path
from uuid import uuid4

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from apps.bi import source
from apps.bi.access.cookies import claims
from apps.bi.workbench.desk import of_viewer
from lakehouse.config import Settings
from lakehouse.errors import AccessError, LakehouseError
from lakehouse.query.access.audit import entry
from lakehouse.query.access.viewer import Viewer
from lakehouse.query.executions import open_archive
from lakehouse.query.executions.kept import Place
from lakehouse.query.formats import write_parquet

EDITOR = "/workbench/editor.js"
_BUNDLE = Path(__file__).with_name("editor.js")
FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def url(execution_id: str, form: str) -> str:
    """Where a result is fetched from; `form` is one of FORMATS."""
    return f"results/{execution_id}.{form}"


def routes(settings: Settings) -> list[Route]:
    """What the server answers beside the pages."""

    async def result(request: Request) -> Response:
        execution_id, form = request.path_params["id"], request.path_params["form"]
        if form not in FORMATS:
            return PlainTextResponse("a result is csv or parquet", status_code=404)
        try:
            viewer = await run_in_threadpool(_viewer, request)
            return await run_in_threadpool(file_of, settings, execution_id, form, viewer)
        except AccessError as e:
            return PlainTextResponse(f"{e.message}\n{e.hint}\n", status_code=403)
        except LakehouseError as e:
            return PlainTextResponse(f"{e.message}\n{e.hint}\n", status_code=404)

    async def editor(_: Request) -> Response:
        return FileResponse(_BUNDLE, media_type="text/javascript")

    return [Route("/results/{id}.{form}", result), Route(EDITOR, editor)]


def _viewer(request: Request) -> Viewer | None:
    return source.viewer_of(claims(request.cookies))


def file_of(
    settings: Settings, execution_id: str, form: str, viewer: Viewer | None = None
) -> FileResponse:
    """A whole result as a file. Raises QueryError when there is none, AccessError."""
    with open_archive(settings) as archive:
        found = of_viewer(archive.execution(execution_id), viewer)
        place = archive.place(found.id)
    if viewer is not None:
        told = {"page": "sql", "statement": found.sql, "execution_id": found.id}
        source.audit().enter(entry(viewer, "download", **told, row_count=found.rows))
    if form == "csv":
        place.described()
        return _sent(place.csv, place, form)
    folder = settings.home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{uuid4().hex}.parquet"
    try:
        with made.open("wb") as file:
            write_parquet(place.result(), file)
    except BaseException:
        made.unlink()
        raise
    return _sent(made, place, form, BackgroundTask(made.unlink))


def _sent(file: Path, place: Place, form: str, after: BackgroundTask | None = None) -> FileResponse:
    return FileResponse(
        file, media_type=FORMATS[form], filename=f"{place.id}.{form}", background=after
    )
