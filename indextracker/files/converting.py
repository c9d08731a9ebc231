"""A price file as Parquet, by the layouts that are confirmed: what a worker does with one file.

It reads the file, and writes beside where it was told to. What becomes of that in a lake does not
belong here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from indextracker.files import careful, opening, selecting
from indextracker.files.careful import Head
from indextracker.files.confirmed import Reading
from indextracker.files.model import Content, RefusedFileError
from indextracker.files.proposal import propose

# Rows that DuckDB left to be read one by one are taken at once up to so many.
_MOST_LEFT: Final = 1_000_000
# Of one DuckDB; two of them work at once, and Arrow needs some beside them.
MEMORY: Final = "1GiB"
# Of each of them: the last one at work has both processors for itself.
THREADS: Final = 2
# A dictionary of more values than this is given up: prices, which have none, are looked up in one
# until then, a fifth of the rows of a group by default.
AS_PARQUET: Final = (
    "(format parquet, compression zstd, compression_level 1, dictionary_size_limit 4096)"
)
_COLUMNS: Final = (
    *("ticker", "at", "interval", *selecting.NUMBERS),
    *("file", "document", "line"),
)


class ChangedFileError(Exception):
    """A file was written to while it was read; nothing of it is kept."""


@dataclass
class Converted:
    """What came of a file.

    Attributes:
        file: Its path in the folder.
        document: Digest of its bytes.
        size: How many they are.
        parquet: Files with rows of its prices; none where nothing was read.
        rejects: What could not be read, with the part of the file.
        layouts: Names of the layouts by which its parts were read.
        rows: How many prices.
        first: Time of the earliest.
        last: Time of the latest.
        reasons: Why parts of it were not read.
    """

    file: str
    document: str
    size: int
    parquet: list[Path] = field(default_factory=list)
    rejects: list[tuple[str, pa.Table]] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many lines could not be read."""
        return sum(table.num_rows for _, table in self.rejects)


@dataclass(frozen=True)
class Fingerprint:
    """By what a file is known, and a change of it is noticed.

    Attributes:
        digest: SHA-256 of its bytes, in hexadecimal digits.
        size: How many bytes it had before they were read.
        modified_ns: When it had been written to, in nanoseconds since 1970.
        inode: The number that its file system gave it.
    """

    digest: str
    size: int
    modified_ns: int
    inode: int

    def is_of(self, path: Path) -> bool:
        """Whether a file is still what it was; its bytes are read only where it was written to."""
        now = path.stat()
        same = (now.st_size, now.st_mtime_ns, now.st_ino) == (
            self.size,
            self.modified_ns,
            self.inode,
        )
        return same or fingerprint(path).digest == self.digest


def fingerprint(path: Path) -> Fingerprint:
    """The fingerprint of a file, for which all of its bytes are read."""
    with path.open("rb") as file:
        now = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Fingerprint(digest, now.st_size, now.st_mtime_ns, now.st_ino)


@contextmanager
def reader(into: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB for files that are read one after the other, which keeps its memory between them.

    Args:
        into: A folder for what does not fit into its memory.
    """
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {THREADS}")
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set temp_directory = {selecting.text(str(into / 'spilled'))}")
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        yield connection


def convert(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    known: Fingerprint,
    layouts: Sequence[Reading],
    *,
    zone: str,
    into: Path,
) -> Converted:
    """Writes the prices of a file as Parquet.

    Args:
        connection: A `reader`.
        path: The file.
        name: Its path in the folder.
        known: Its fingerprint; what was written to it since is noticed.
        layouts: Those that are confirmed.
        zone: Zone of times that name none.
        into: A folder, of this worker alone, for what is written.

    Raises:
        RefusedFileError: Nothing of it is read, for this reason.
        ChangedFileError: It was written to since its fingerprint was taken.
        FileNotFoundError: It was removed meanwhile.
        duckdb.Error: DuckDB could not go on, and not for what a line of it holds.
    """
    found = Converted(name, known.digest, known.size)
    scratch = into / f"reading-{uuid4().hex}"
    scratch.mkdir(parents=True)
    try:
        for part in opening.parts(path, name, scratch):
            if isinstance(part, opening.Refused):
                found.reasons.append(f"{part.name}: {part.reason}")
                continue
            try:
                _part(connection, part, layouts, zone, into, found)
            except RefusedFileError as refusal:
                said = str(refusal)
                found.reasons.append(said if part.name == name else f"{part.name}: {said}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if not known.is_of(path):
        raise ChangedFileError(f"{name} was written to while it was read: load it again")
    if not found.rows:
        raise RefusedFileError("; ".join(found.reasons) or "no row of it has a time and a price")
    return found


def _part(
    connection: duckdb.DuckDBPyConnection,
    part: opening.Part,
    layouts: Sequence[Reading],
    zone: str,
    into: Path,
    found: Converted,
) -> None:
    """Reads a part of a file by the layout that fits it."""
    alike = [how for how in layouts if how.container == part.container]
    if part.container in ("parquet", "feather", "xlsx", "xls", "ods"):
        how = _typed_layout(part, alike)
        _typed(part, how, zone, into, found)
    else:
        heads = (
            (how, careful.head_of_text(part.path, how, part.name)) for how in alike if not how.typed
        )
        fitting = [(how, head) for how, head in heads if head and head.fits]
        how, head = _chosen(part, fitting, alike)
        if how.ticker.where in ("file_name", "none") and not head.ticker.value:
            raise RefusedFileError(
                "nothing names its instrument: confirm its layout with --answer ticker=NAME"
            )
        work = _Work(connection, part, how, head, zone, into, found)
        if not work.by_duckdb():
            work.one_by_one()
    found.layouts.append(how.name)


def _chosen(
    part: opening.Part, fitting: Sequence[tuple[Reading, Head]], layouts: Sequence[Reading]
) -> tuple[Reading, Head]:
    """The layout that fits; of several the one that the file would be detected as."""
    if len(fitting) == 1:
        return fitting[0]
    with part.path.open("rb") as file:
        content = opening.read(file, part.name, part.container, part.path.stat().st_size)
    from indextracker.files.layouts import grouped  # noqa: PLC0415 - of few files

    proposal = propose(content)
    if proposal.refusal:
        raise RefusedFileError(proposal.refusal)
    [layout] = grouped([proposal])
    for how, head in fitting:
        if how.name == layout.name:
            return how, head
    if fitting:
        names = ", ".join(how.name for how, _ in fitting)
        raise RefusedFileError(f"it fits several confirmed layouts, {names}: keep one of them")
    if any(how.name == layout.name for how in layouts):
        raise RefusedFileError(
            f"layout {layout.name} is confirmed, and by it no row has a time and a price: "
            "correct its YAML"
        )
    raise RefusedFileError(
        f"it is of layout {layout.name}, which is not confirmed: indextracker files detect, then "
        "confirm"
    )


def _typed_layout(part: opening.Part, alike: Sequence[Reading]) -> Reading:
    for how in alike:
        table = next(careful.typed_tables(part.path, how), None)
        if table and tuple(table.name_of(n) or "" for n in range(table.width)) == how.headers:
            return how
    content = Content(part.name, part.container, (), part.path.stat().st_size, None, part.path)
    if part.container not in ("parquet", "feather"):
        with part.path.open("rb") as file:
            content = opening.read(file, part.name, part.container, content.size)
    proposal = propose(content)
    raise RefusedFileError(
        proposal.refusal or "it fits no confirmed layout: indextracker files detect, then confirm"
    )


def _typed(part: opening.Part, how: Reading, zone: str, into: Path, found: Converted) -> None:
    interval = ""
    out = _Rows(found, part.name, into)
    for table in careful.typed_tables(part.path, how):
        ticker = careful.ticker_of(table, how, part.name)
        readout = careful.readout_of(table, how, ticker)
        interval = interval or careful.interval_of(readout.records[:2000], how)
        sheet = f"#{table.sheet}" if table.sheet and how.ticker.where == "sheet" else ""
        out.add(*careful.as_arrow(readout, how, zone), interval, sheet)
    out.close()


@dataclass(frozen=True)
class _Work:
    """A text on its way: what it is, how it is read, and where its rows go."""

    connection: duckdb.DuckDBPyConnection
    part: opening.Part
    how: Reading
    head: Head
    zone: str
    into: Path
    found: Converted

    @property
    def interval(self) -> str:
        return careful.interval_of(self.head.readout.records, self.how)

    def by_duckdb(self) -> bool:
        """Has DuckDB read it, typed at once or cell by cell; false where it cannot.

        Raises:
            duckdb.Error: It ended at something else than a line: a full disk, or too little memory.
            FileNotFoundError: The file was removed meanwhile.
        """
        text = opening.as_utf8(self.part, self.how.codec or "utf-8")
        for typed in (True, False):
            select = selecting.of_text(
                text.path, self.how, self.head.ticker, self.head.skipped, self.zone, typed=typed
            )
            try:
                if select and self._selected(select, text.lines, typed=typed):
                    return True
            except duckdb.IOException:
                text.path.stat()
                raise
        return False

    def one_by_one(self, wanted: Collection[int] | None = None) -> None:
        """Reads rows one after the other: all of them, or those of some lines."""
        out = _Rows(self.found, self.part.name, self.into)
        for rows in careful.chunks_of_text(self.part.path, self.how, self.head.skipped):
            some = rows if wanted is None else [row for row in rows if row.line in wanted]
            if some:
                table = replace(self.head.table, rows=tuple(some))
                readout = careful.readout_of(table, self.how, self.head.ticker)
                out.add(*careful.as_arrow(readout, self.how, self.zone), self.interval)
        out.close()

    def _selected(self, select: selecting.Select, lines: int, *, typed: bool) -> bool:
        """Writes what DuckDB reads, and what it leaves; false where its lines are other ones."""
        expected = lines - self.head.skipped
        target = self.into / f"{uuid4().hex}.parquet"
        try:
            rows, refused = self._copied(select, target)
            left = []
            if rows != expected and not typed:
                left = self.connection.execute(select.left).fetchall()
        except duckdb.Error as error:
            target.unlink(missing_ok=True)
            if not _is_of_a_line(error):
                raise
            return False
        if refused or rows + len(left) != expected or len(left) > _MOST_LEFT:
            target.unlink()
            return False
        _note(self.found, target, rows)
        if left:
            self.one_by_one({line for (line,) in left})
        return True

    def _copied(self, select: selecting.Select, target: Path) -> tuple[int, int]:
        """Writes the rows of a select; gives how many they are, and lines that were no rows."""
        told = {"file": self.part.name, "document": self.found.document, "interval": self.interval}
        # As enums of one word: Parquet's writer looks every other text up in a dictionary, which
        # takes a tenth of the time.
        constants = ", ".join(
            f'{selecting.text(value)}::enum({selecting.text(value)}) as "{name}"'
            for name, value in told.items()
        )
        columns = ", ".join(f'"{name}"' for name in _COLUMNS)
        self.connection.execute(
            "drop table if exists reject_errors; drop table if exists reject_scans"
        )
        [[rows]] = self.connection.execute(
            f"copy (select {columns} from (select *, {constants} from ({select.rows}))) "
            f"to {selecting.text(str(target))} {AS_PARQUET}"
        ).fetchall()
        [[refused]] = self.connection.execute("select count(*) from reject_errors").fetchall()
        return rows, refused


def _is_of_a_line(error: duckdb.Error) -> bool:
    """Whether DuckDB ended at what a line holds, which Python may read, and not at anything else.

    Lines that its reader cannot part, such as those of a quote that is never closed, are told by
    an error of no class of their own.
    """
    unread = str(error).removeprefix("Invalid Input Error: ").startswith("CSV Error on Line")
    return unread or isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException))


def _note(found: Converted, target: Path, rows: int) -> None:
    """Notes a file of rows, with the first and the last time as its row groups tell them."""
    if not rows:
        target.unlink()
        return
    found.parquet.append(target)
    found.rows += rows
    told = pq.read_metadata(target)
    place = told.schema.to_arrow_schema().get_field_index("at")
    for group in range(told.num_row_groups):
        bounds = told.row_group(group).column(place).statistics
        if bounds and bounds.has_min_max:
            found.first = min(found.first or bounds.min, bounds.min)
            found.last = max(found.last or bounds.max, bounds.max)


class _Rows:
    """Rows that were read one by one, written as they come."""

    def __init__(self, found: Converted, part: str, into: Path) -> None:
        self._found, self._part = found, part
        self._target = into / f"{uuid4().hex}.parquet"
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0

    def add(self, prices: pa.Table, rejects: pa.Table, interval: str, sheet: str = "") -> None:
        """Adds some."""
        name = f"{self._part}{sheet}"
        if rejects.num_rows:
            self._found.rejects.append((name, rejects))
        if not prices.num_rows:
            return
        rows = prices.num_rows
        told = {"interval": interval, "file": name, "document": self._found.document}
        for column, value in told.items():
            prices = prices.append_column(column, pa.repeat(pa.scalar(value), rows))
        prices = prices.select(_COLUMNS)
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._target, prices.schema, compression="zstd", compression_level=1,
                store_schema=False,
            )  # fmt: skip
        self._writer.write_table(prices)
        self._rows += rows

    def close(self) -> None:
        """Ends the file."""
        if self._writer is not None:
            self._writer.close()
            _note(self._found, self._target, self._rows)


def together(connection: duckdb.DuckDBPyConnection, made: Sequence[Path], into: Path) -> Path:
    """Puts small files of rows together into one; the others are left empty-handed.

    The lake opens each file that a query needs: of ten thousand it takes longer than to read them.
    """
    target = into / f"{uuid4().hex}.parquet"
    listed = ", ".join(selecting.text(str(path)) for path in made)
    connection.execute(
        f"copy (select * from read_parquet([{listed}])) to {selecting.text(str(target))} "
        f"{AS_PARQUET}"
    )
    for path in made:
        path.unlink()
    return target
