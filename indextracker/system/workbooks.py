"""Workbooks of strangers, each read by a process of its own that has so much memory and time.

A sheet is read into one block up to its last cell, however few there are: a single cell in the last
corner of a sheet, in a file of 2 KB, takes half a terabyte, and the library ends its process. As a
program of its own this module reads one from standard input, and needs nothing of the project.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence

# A workbook of 8 MB with a million rows of five cells takes 0.6 GB, and five seconds.
MEMORY_BYTES = 2 << 30
CPU_SECONDS = 120
_PATIENCE_SECONDS = 20 * CPU_SECONDS
Sheet = tuple[str, Sequence[Sequence[object]]]


class WorkbookError(ValueError):
    """A workbook that is not read; the message says why."""


def sheets(data: bytes) -> list[Sheet]:
    """The sheets of a workbook (xlsx, xls, ods) by name, each from its first row and column on.

    Args:
        data: The workbook.

    Raises:
        WorkbookError: It cannot be read, or would take too much.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],
            input=data,
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkbookError("the workbook takes too long to be read") from error
    if done.returncode:
        raise WorkbookError("the workbook would take too much memory or time: taken for a bomb")
    # Of the process that was started here, which has no other input.
    found: list[Sheet] | str = pickle.loads(done.stdout)  # noqa: S301
    if isinstance(found, str):
        raise WorkbookError(f"the workbook cannot be read: {found}")
    return found


def _main() -> None:
    import io  # noqa: PLC0415 - of the process alone
    import resource  # noqa: PLC0415

    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    found: list[Sheet] | str
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        found = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    # What the library's authors did not expect is told by no Exception.
    except BaseException as error:  # noqa: BLE001 - whatever it was is said to who asked
        found = str(error)
    pickle.dump(found, sys.stdout.buffer)


if __name__ == "__main__":
    _main()
