"""Reads the first rows of a file as its layout has them: `python -m ...files.previewing`.

A process of its own, since files of strangers are opened: what they are asks for memory and time
that a page has not. It gets what is asked as JSON on standard input and answers so. Nothing is
written.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

ROWS = 8
SECONDS = 60
MEMORY_BYTES = 3 * 2**30
_TEXT_SHOWN = 300


def preview(folder: Path, name: str, answers: Mapping[str, str]) -> dict[str, Any]:
    """The first rows of a file, as they would be read.

    Args:
        folder: Where it lies.
        name: Its name there, with its member or sheet.
        answers: What is answered of its layout, by what it is about.

    Returns:
        `rows`, each with its line; `lines`, the text of the first lines; `reason`, why there is
        none of them.
    """
    file = next((one for one in folder.iterdir() if _is_of(name, one.name)), None)
    if file is None:
        return {"reason": f"{name} is not there any more: detect the files again"}
    changed = file.stat().st_mtime_ns
    found: dict[str, Any] = json.loads(
        _asked(str(file), name, changed, tuple(sorted(answers.items())))
    )
    return found


def _is_of(name: str, file: str) -> bool:
    return not file.startswith(".") and name.partition("!")[0] == file


@lru_cache(maxsize=64)
def _asked(file: str, name: str, changed: int, answers: tuple[tuple[str, str], ...]) -> str:
    del changed
    asked = {"file": file, "name": name, "answers": dict(answers)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "indextracker_dashboard.files.previewing"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return json.dumps({"reason": f"its first rows were not read in {SECONDS} seconds"})
    if done.returncode:
        return json.dumps({"reason": "its first rows take more memory than a page has for them"})
    return done.stdout.decode()


def main() -> None:
    """Answers what standard input asks."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    asked = json.load(sys.stdin)
    json.dump(_read(Path(asked["file"]), asked["name"], asked["answers"]), sys.stdout)


def _read(file: Path, name: str, answers: Mapping[str, str]) -> dict[str, Any]:
    from indextracker.files import detect, reading  # noqa: PLC0415 - the process that asks has none

    found = next((one for one in detect(file) if one.name == name), None)
    if found is None or found.table is None or found.roles is None:
        return {"reason": (found and found.refusal) or f"{name} is not there any more"}
    if answers.get("date_format") in found.date_formats and found.undecided_dates:
        found.decide_dates(answers["date_format"])
    out = reading.read(found.table, found.roles, found.ticker, found.signs)
    rows = [
        {"line": one.line, "ticker": one.ticker, "at": None if one.at is None else str(one.at)}
        | {
            role.value: None if v is None else f"{v.normalize():f}"
            for role, v in one.values.items()
        }
        for one in out.records[:ROWS]
    ]
    lines = [*found.table.before, *(row.text for row in (*found.table.header, *found.table.rows))]
    return {"rows": rows, "lines": [line[:_TEXT_SHOWN] for line in lines[:ROWS]]}


if __name__ == "__main__":
    main()
