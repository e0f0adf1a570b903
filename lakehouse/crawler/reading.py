"""Which files are read, and what was found in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lakehouse.crawler.classifying import classified
from lakehouse.crawler.listing import ListedFile, Listing
from lakehouse.crawler.report import CrawlReport
from lakehouse.crawler.sampling import UnclassifiedError
from lakehouse.crawler.schemas import FileSchema
from lakehouse.crawler.state import KnownFile
from lakehouse.crawler_settings import ClassifierSettings, CrawlerSettings
from lakehouse.progress import Progress


@dataclass(frozen=True)
class Reading:
    """Reads what is new below `root`, as far as the crawler's settings want it read.

    `last` are the files as the last crawl has left them, by whatever settings.
    """

    root: Path
    told: CrawlerSettings
    classifiers: Mapping[str, ClassifierSettings]
    report: CrawlReport
    progress: Progress
    last: Mapping[str, KnownFile]

    def files(self, listing: Listing, known: Mapping[str, KnownFile]) -> dict[str, KnownFile]:
        """Every listed file as it is now; those that are `known`, and still so, are not read.

        What can't be listed or opened is as it was last time, and what vanished is left out.
        """
        found = {
            path: known[path]
            for path, listed in listing.files.items()
            if path in known and known[path].is_still(listed)
        }
        for folder in listing.unlisted:
            below = f"{folder}/" if folder else ""
            found |= {path: each for path, each in self.last.items() if path.startswith(below)}
        new = [listed for path, listed in listing.files.items() if path not in found]
        old_folders = {_folder(path) for path in known} if self._only_new_folders else set()
        with self.progress.task("reading samples", len(new)) as task:
            for group in _groups(new):
                task.advance(len(group))
                if _folder(group[0].path) in old_folders:
                    _keep(group, known, found)
                else:
                    self._read(group, found)
        return found

    @property
    def _only_new_folders(self) -> bool:
        return self.told.recrawl == "new_folders_only"

    def _read(self, group: list[ListedFile], found: dict[str, KnownFile]) -> None:
        """Read a sample of the files, and take the others for what the one before them is."""
        most = self.told.sample_files
        places = {i * len(group) // most for i in range(most)} if len(group) > most else None
        schemas: list[FileSchema] = []
        left = []
        for place, listed in enumerate(group):
            if places is None or place in places:
                known = self._known(listed)
                if known is not None:
                    found[listed.path] = known
                    if known.schema is not None:
                        schemas.append(known.schema)
            else:
                left.append(listed)
        _follow(left, schemas, found)

    def _known(self, listed: ListedFile) -> KnownFile | None:
        path, report = self.root / listed.path, self.report
        if self.root.is_file():
            path = self.root
        try:
            report.files_read += 1
            (schema, notes), count = classified(path, self.told.sample_bytes, self.classifiers)
        except UnclassifiedError as e:
            report.tell("unclassified", str(e), file=listed.path)
            return KnownFile(listed.size, listed.modified_ns, None, str(e))
        except FileNotFoundError:
            report.tell("vanished", "it was there when the folder was listed", file=listed.path)
            return None
        except OSError as e:
            report.tell("unreadable", e.strerror or str(e), file=listed.path)
            return self.last.get(listed.path)
        report.bytes_read += count
        for note in notes:
            report.tell("noted", note, file=listed.path)
        return KnownFile(listed.size, listed.modified_ns, schema)


def _groups(files: Iterable[ListedFile]) -> Iterable[list[ListedFile]]:
    """The files of a folder whose names end alike, together."""
    groups: dict[tuple[str, str], list[ListedFile]] = {}
    for listed in files:
        name = PurePosixPath(listed.path).name
        end = name.partition(".")[2]
        groups.setdefault((_folder(listed.path), end), []).append(listed)
    return groups.values()


def _follow(
    files: Iterable[ListedFile], schemas: list[FileSchema], found: dict[str, KnownFile]
) -> None:
    """Take files that are not read for what the most of those that were are."""
    if not schemas:
        reason = "it was not read, and nothing like it could be"
        found |= {f.path: KnownFile(f.size, f.modified_ns, None, reason) for f in files}
        return
    counts: dict[FileSchema, int] = {}
    for schema in schemas:
        counts[schema] = counts.get(schema, 0) + 1
    schema = max(counts, key=counts.__getitem__)
    found |= {f.path: KnownFile(f.size, f.modified_ns, schema) for f in files}


def _keep(
    group: list[ListedFile], known: Mapping[str, KnownFile], found: dict[str, KnownFile]
) -> None:
    """Take files of a folder that is not to be read for what it was known to hold."""
    folder, suffix = _folder(group[0].path), PurePosixPath(group[0].path).suffix
    schemas = [
        each.schema
        for path, each in known.items()
        if each.schema and _folder(path) == folder and PurePosixPath(path).suffix == suffix
    ]
    for listed in group:
        if listed.path in known:
            was = known[listed.path]
            found[listed.path] = replace(was, size=listed.size, modified_ns=listed.modified_ns)
    _follow([listed for listed in group if listed.path not in known], schemas, found)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
