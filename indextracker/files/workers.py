"""Processes that convert batches of price files, beside the one that knows the lake.

They begin for each load, so that nothing is imported here that a conversion does without: Arrow's
datasets, settings and the lake take half a second of a processor in each of them. How one file is
converted is in `converting`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Final

import duckdb

from indextracker.files import converting
from indextracker.files.confirmed import Reading
from indextracker.files.converting import ChangedFileError, Converted, Fingerprint
from indextracker.files.model import RefusedFileError

# Files of rows below this are put together.
SMALL_BYTES: Final = 8 * 2**20


@dataclass(frozen=True)
class Found:
    """A file of the folder.

    Attributes:
        path: Where it is.
        name: Its path in the folder.
        size: How many bytes it has.
    """

    path: Path
    name: str
    size: int


# Files of one commit, and what came of one: a reason begins with `refused` or `broken`.
Batch = list[tuple[Found, Fingerprint]]
Result = Converted | str


def pool(workers: int) -> Executor:
    """So many processes that wait for batches."""
    # A fork of a process with threads of Arrow and DuckDB may never come back.
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_end_with_parent
    )


def _end_with_parent() -> None:
    """Has a worker end when the process that gives it work was killed: it would wait for good."""

    def watch() -> None:
        if parent := parent_process():
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def batch_converted(
    batch: Batch, layouts: Sequence[Reading], zone: str, into: Path
) -> list[Result]:
    """Converts the files of a batch, as a worker; a reason stands for one that is not read."""
    into.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    with converting.reader(into) as connection:
        for file, known in batch:
            try:
                results.append(
                    converting.convert(
                        connection, file.path, file.name, known, layouts, zone=zone, into=into
                    )
                )
            except RefusedFileError as refusal:
                results.append(f"refused {refusal}")
            except ChangedFileError as change:
                results.append(f"broken {change}")
            except FileNotFoundError:
                results.append("broken it was removed while it was read")
            except duckdb.OutOfMemoryException:
                said = f"its rows need more memory than the {converting.MEMORY} of a worker"
                results.append(f"broken {said}")
        _put_together(connection, [one for one in results if isinstance(one, Converted)], into)
    return results


def _put_together(
    connection: duckdb.DuckDBPyConnection, read: Sequence[Converted], into: Path
) -> None:
    """Has the small files of rows of a batch be one."""
    small = [
        (one, path) for one in read for path in one.parquet if path.stat().st_size < SMALL_BYTES
    ]
    if len(small) > 1:
        whole = converting.together(connection, [path for _, path in small], into)
        for one, path in small:
            one.parquet[one.parquet.index(path)] = whole
