"""A collection of price files in the lake: loaded in parallel, once by digest, and kept up to date.

A batch of files becomes rows in one commit. Before it, the list of files says `loading` of them;
after it, `loaded`: who finds `loading` was killed between, looks which rows are there, and goes on.
How a file becomes rows is in `converting`.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.dataset as ds

from indextracker.files import converting
from indextracker.files.confirmed import Reading
from indextracker.files.converting import Converted, Fingerprint
from indextracker.files.model import RefusedFileError, written_name
from indextracker.files.workers import Batch, Found, Result, batch_converted, pool
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.system.failpoints import failpoint
from indextracker.system.progress import SILENT, Progress
from indextracker_catalogue import Key
from indextracker_catalogue.files import FILE_DOCUMENTS, FILE_PRICES, FILE_REJECTS

WORKERS: Final = 2
# Files of one commit: it takes as long as reading some ten megabytes.
BATCH_BYTES: Final = 256 * 2**20
BATCH_FILES: Final = 256
_REASON: Final = 1000
# States of a file whose rows are there.
_HELD: Final = ("loaded", "gone")


@dataclass(frozen=True)
class Kept:
    """What the list of files says of one; the attributes are its columns."""

    file: str
    document: str
    bytes: int
    state: str
    reason: str | None = None
    layout: str | None = None
    rows: int | None = None
    rejected: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    loaded_at: datetime | None = None


@dataclass
class Loaded:
    """What came of a load.

    Attributes:
        collection: Its name.
        files: By name, what became of each file, those of before too.
        done: The names of files that were loaded now.
        broken: By name, why a file could not be read to its end.
    """

    collection: Key
    files: dict[str, Kept] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def in_state(self, *states: str) -> list[Kept]:
        """The files in some states, by name."""
        return [self.files[name] for name in sorted(self.files) if self.files[name].state in states]


def load(  # noqa: PLR0913 - what each is belongs to whoever loads
    lake: Lake,
    folder: Path,
    collection: Key,
    layouts: Sequence[Reading],
    *,
    zone: str,
    now: Callable[[], datetime],
    besides: Path | None = None,
    forget: bool = False,
    workers: int = WORKERS,
    progress: Progress = SILENT,
) -> Loaded:
    """Loads the files of a folder that are not loaded as they are.

    To be called while holding the lock of `silver/file_prices`.

    Args:
        lake: Where to.
        folder: The files; hidden ones are left out.
        collection: Name of the collection.
        layouts: Those that are confirmed.
        zone: Zone of times that name none.
        now: The present.
        besides: A folder that is not searched, such as that of layouts.
        forget: Whether rows of files that are gone from the folder go too.
        workers: How many processes read.
        progress: Told how far it is.

    Raises:
        ValueError: The collection's name is none.
    """
    FILE_PRICES.timeline.value_of(collection)
    lake.ensure([FILE_PRICES, FILE_REJECTS, FILE_DOCUMENTS])
    found = Loaded(collection, kept(lake, collection))
    there = list(_named(_files(folder, besides), found))
    _settle(lake, found)
    _miss(lake, found, {one.name for one in there}, forget=forget)
    before = dict(found.files)
    progress.begin("loading price files", len(there), "files")
    scratch = _scratch(lake)
    given = (
        (batch, (batch, layouts, zone, scratch / uuid4().hex))
        for batch in _batches(_pending(found, there, now, progress))
    )
    try:
        with pool(workers) as working:
            for batch, results in _in_turn(working, given, most=workers + 1):
                _keep(lake, found, before, batch, results, now)
                progress.advance(len(batch), batch[-1][0].name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _note(lake, found)
    failpoint("files-documents")
    return found


def _scratch(lake: Lake) -> Path:
    """A folder for what workers write, empty: that of a load that was killed is used again."""
    of_lake = hashlib.sha256(lake.root.encode()).hexdigest()[:16]
    local = "://" not in lake.root
    above = Path(lake.root) if local else Path(tempfile.gettempdir())
    folder = above / (".files-being-read" if local else f"indextracker-files-{of_lake}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def kept(lake: Lake, collection: Key) -> dict[str, Kept]:
    """What the list of files says of a collection, by file."""
    if not lake.exists(FILE_DOCUMENTS):
        return {}
    names = [name for name in FILE_DOCUMENTS.column_names if name != "collection"]
    rows = lake.rows(FILE_DOCUMENTS, [collection]).to_table(
        names, filter=ds.field("collection") == collection
    )
    return {row["file"]: Kept(**row) for row in rows.to_pylist()}


def _files(folder: Path, besides: Path | None) -> Iterator[Found]:
    """The files of a folder; a link that leaves it is none."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if besides and path.is_relative_to(besides):
            continue
        if path.is_file() and path.resolve().is_relative_to(root):
            yield Found(path, str(inside), path.stat().st_size)


def _named(files: Iterable[Found], found: Loaded) -> Iterator[Found]:
    """Those whose names can be stored; the others are told."""
    for one in files:
        try:
            written_name(one.name)
        except RefusedFileError as refusal:
            found.broken[ascii(one.name)] = str(refusal)
        else:
            yield one


def _settle(lake: Lake, found: Loaded) -> None:
    """What a killed load left: a file whose rows are there is loaded, others are begun again."""
    begun = {one.document: one.file for one in found.in_state("loading")}
    if not begun:
        return
    documents = ", ".join(f"'{digest}'" for digest in begun)
    with lake.sql([FILE_PRICES, FILE_REJECTS], {FILE_PRICES.timeline: [found.collection]}) as sql:
        there = sql.execute(
            'select document, count(*), min(t."at"), max(t."at") from file_prices t '
            f"where document in ({documents}) group by 1"
        ).fetchall()
        lost = dict(
            sql.execute(
                "select document, count(*) from file_rejects "
                f"where document in ({documents}) group by 1"
            ).fetchall()
        )
    if alone := lost.keys() - {digest for digest, *_ in there}:
        # The file may be another by now, and then nothing else tells of them.
        lake.exchange(FILE_REJECTS, None, _of(found.collection, sorted(alone)))
    for digest, rows, first, last in there:
        one = found.files[begun[digest]]
        found.files[one.file] = replace(
            one,
            state="loaded",
            rows=rows,
            rejected=lost.get(digest, 0),
            first_at=first,
            last_at=last,
        )


def _miss(lake: Lake, found: Loaded, names: set[str], *, forget: bool) -> None:
    """Notes which files are gone from the folder; their rows go where that is wanted."""
    for name, one in list(found.files.items()):
        if name in names:
            continue
        if one.state in ("loaded", "gone"):
            told = "it is gone from the folder; its rows stay until --forget"
            found.files[name] = replace(one, state="gone", reason=told)
        else:
            del found.files[name]
    gone = {one.file: one.document for one in found.in_state("gone")}
    if gone and forget:
        where = _of(found.collection, gone.values())
        lake.exchange(FILE_PRICES, None, where)
        lake.exchange(FILE_REJECTS, None, where)
        for name in gone:
            del found.files[name]


def _of(collection: Key, documents: Iterable[str]) -> str:
    listed = ", ".join(f"'{digest}'" for digest in documents)
    return f"collection = '{collection}' and document in ({listed})"


def _pending(
    found: Loaded, there: Sequence[Found], now: Callable[[], datetime], progress: Progress
) -> Iterator[tuple[Found, Fingerprint]]:
    """The files that are not loaded as they are, each read for its fingerprint when asked for.

    Workers convert the batches before meanwhile, and find in the system's memory what was read.
    """
    loaded = {one.document: one.file for one in found.in_state(*_HELD)}
    for one in there:
        try:
            known = converting.fingerprint(one.path)
        except OSError as error:
            found.broken[one.name] = f"it cannot be read: {error.strerror}"
            progress.advance(at=one.name)
            continue
        earlier = found.files.get(one.name)
        held = earlier if earlier and earlier.state in _HELD else None
        twin = loaded.get(known.digest, one.name)
        if held and held.document == known.digest:
            if held.state == "gone":
                found.files[one.name] = replace(held, state="loaded", reason=None)
        elif twin != one.name:
            found.files[one.name] = Kept(
                one.name, known.digest, known.size, "copy", f"the same bytes as {twin}"
            )
        else:
            loaded[known.digest] = one.name
            if held is None:
                # One that is held keeps its digest, by which its rows are found when they go.
                found.files[one.name] = Kept(
                    one.name, known.digest, known.size, "loading", loaded_at=now()
                )
            yield one, known
            continue
        progress.advance(at=one.name)


def _batches(pending: Iterable[tuple[Found, Fingerprint]]) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for one in pending:
        if batch and (size + one[0].size > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one[0].size
    if batch:
        yield batch


def _in_turn(
    working: Executor,
    given: Iterator[tuple[Batch, tuple[object, ...]]],
    most: int,
) -> Iterator[tuple[Batch, list[Result]]]:
    """Results as they come; no more batches wait on the disk than are needed to be busy."""
    running: dict[Future[list[Result]], Batch] = {}
    for batch, arguments in given:
        # mypy cannot see which values a tuple of objects has.
        running[working.submit(batch_converted, *arguments)] = batch  # type: ignore[arg-type]
        if len(running) >= most:
            yield from _ended(running)
    while running:
        yield from _ended(running)


def _ended(
    running: dict[Future[list[Result]], Batch],
) -> Iterator[tuple[Batch, list[Result]]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()


def _keep(
    lake: Lake,
    found: Loaded,
    before: Mapping[str, Kept],
    batch: Batch,
    results: Sequence[Result],
    now: Callable[[], datetime],
) -> None:
    """Puts the rows of a batch into the lake, in the place of those of its files of before.

    What has come of the batches before it is noted first, and that its own files are `loading`.
    """
    failpoint("files-converted")
    _note(lake, found)
    failpoint("files-begun")
    read = [one for one in results if isinstance(one, Converted)]
    if read:
        documents = {one.document for one in read}
        old = {
            before[one.file].document
            for one in read
            if one.file in before and before[one.file].state in _HELD
        }
        # What a killed load left of the same files goes with them.
        where = _of(found.collection, sorted(documents | old))
        rejects = _rejects(found.collection, read)
        if rejects.num_rows or old:
            lake.exchange(FILE_REJECTS, lambda: rejects, where)
        failpoint("files-rejects")
        made = list(dict.fromkeys(path for one in read for path in one.parquet))
        if old:
            lake.exchange(FILE_PRICES, partial(_dataset, found.collection, made), where)
        else:
            _add(lake, found.collection, made)
        failpoint("files-prices")
    for (file, known), result in zip(batch, results, strict=True):
        if isinstance(result, Converted):
            found.files[file.name] = _row(result, now())
            found.done.append(file.name)
            continue
        _refuse(found, file, known, result, before.get(file.name), now())


def _refuse(
    found: Loaded,
    one: Found,
    known: Fingerprint,
    told: str,
    earlier: Kept | None,
    now: datetime,
) -> None:
    """Notes why a file is not read; what was loaded of it before stays."""
    kind, _, reason = told.partition(" ")
    if earlier and earlier.state in _HELD:
        found.broken[one.name] = reason
        said = f"it has changed since, and was not read again: {reason}"
        found.files[one.name] = replace(earlier, reason=said[:_REASON])
        return
    if kind == "broken":
        found.broken[one.name] = reason
    found.files[one.name] = Kept(
        one.name, known.digest, known.size, "refused", reason[:_REASON], loaded_at=now
    )


def _row(one: Converted, now: datetime) -> Kept:
    return Kept(
        one.file,
        one.document,
        one.size,
        "loaded",
        "; ".join(one.reasons)[:_REASON] or None,
        ", ".join(dict.fromkeys(one.layouts)),
        one.rows,
        one.rejected,
        one.first,
        one.last,
        now,
    )


def _add(lake: Lake, collection: Key, made: Sequence[Path]) -> None:
    written = []
    for path in made:
        name = f"collection={collection}/part-00000-{uuid4()}-c000.zstd.parquet"
        lake.place(FILE_PRICES).take(name, path)
        written.append(lake.described(FILE_PRICES, name, collection))
    if written:
        lake.add(FILE_PRICES, written)


def _dataset(collection: Key, made: Sequence[Path]) -> pa.RecordBatchReader:
    """The rows of some files with the name of the collection, a file at a time."""
    schema = arrow_schema(FILE_PRICES, stored=True)
    inside = pa.schema([of for of in schema if of.name != "collection"])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in ds.dataset([str(path) for path in made], schema=inside).to_batches():
            name = pa.repeat(pa.scalar(collection), batch.num_rows)
            columns = [name if of.name == "collection" else batch[of.name] for of in schema]
            yield pa.RecordBatch.from_arrays(
                [column.cast(of.type) for column, of in zip(columns, schema, strict=True)],
                schema=schema,
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


def _rejects(collection: Key, read: Sequence[Converted]) -> pa.Table:
    schema = arrow_schema(FILE_REJECTS, stored=True)
    found = []
    for one in read:
        for name, rejects in one.rejects:
            told = {"collection": collection, "file": name, "document": one.document}
            for column, value in told.items():
                rejects = rejects.append_column(  # noqa: PLW2901 - one column after the other
                    column, pa.repeat(pa.scalar(value), rejects.num_rows)
                )
            found.append(rejects.select(schema.names).cast(schema))
    return pa.concat_tables(found) if found else schema.empty_table()


def _note(lake: Lake, found: Loaded) -> None:
    """Writes the list of files as it is now, where it is another."""
    if found.files == kept(lake, found.collection):
        return
    rows = [
        {"collection": found.collection} | {name: getattr(one, name) for name in _NAMES}
        for one in found.files.values()
    ]
    schema = arrow_schema(FILE_DOCUMENTS)
    lake.replace(FILE_DOCUMENTS, pa.Table.from_pylist(rows, schema), [found.collection])


_NAMES: Final = tuple(name for name in FILE_DOCUMENTS.column_names if name != "collection")
