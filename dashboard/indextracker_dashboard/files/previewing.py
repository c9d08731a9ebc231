"""Reads the first rows of a file as its layout has them: `python -m ...files.previewing`.

A process of its own, since files of strangers are opened: what they are asks for memory and time
that a page has not. It gets what is asked as JSON on standard input and answers so. Nothing is
written but what is unpacked.
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
from zoneinfo import ZoneInfo

LAYOUTS = "layouts"
ROWS = 8
SECONDS = 60
MEMORY_BYTES = 3 * 2**30
# What is packed is unpacked into a folder that goes when it ends.
UNPACKED_BYTES = 2**30
_TEXT_SHOWN = 300


def preview(
    folder: Path, name: str, layout: str, answers: Mapping[str, str], zone: str
) -> dict[str, Any]:
    """The first rows of a file, as they would be read.

    Args:
        folder: Where it lies.
        name: Its name there, with its member.
        layout: Name of its layout.
        answers: What is answered of its layout, by what it is about.
        zone: Zone of times that name none.

    Returns:
        `rows`, each with its line; `zone`, that of their times; `lines`, the text of the first
        lines; `reason`, why there are no rows.
    """
    yaml, file = folder / LAYOUTS / f"{layout}.yml", folder / name.partition("!")[0]
    try:
        changed = yaml.stat().st_mtime_ns, file.stat().st_mtime_ns
    except OSError:
        return {"reason": f"{name} is not there any more: detect the files again"}
    asked = {"folder": str(folder), "name": name, "layout": str(yaml), "zone": zone}
    found: dict[str, Any] = json.loads(
        _asked(json.dumps(asked | {"answers": dict(answers)}, sort_keys=True), changed)
    )
    return found


@lru_cache(maxsize=64)
def _asked(asked: str, changed: tuple[int, int]) -> str:
    del changed
    try:
        done = subprocess.run(
            [sys.executable, "-m", "indextracker_dashboard.files.previewing"],
            input=asked.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return json.dumps({"reason": f"its first rows were not read in {SECONDS} seconds"})
    if done.returncode:
        return json.dumps({"reason": "its first rows take more than a page has for them"})
    return done.stdout.decode()


def main() -> None:
    """Answers what standard input asks."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (UNPACKED_BYTES, UNPACKED_BYTES))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    json.dump(_read(**json.load(sys.stdin)), sys.stdout)


def _read(
    folder: str, name: str, layout: str, answers: Mapping[str, str], zone: str
) -> dict[str, Any]:
    # The process that asks has none of it.
    from indextracker import files  # noqa: PLC0415

    found: dict[str, Any] = {"rows": [], "zone": zone, "lines": []}
    try:
        here = ZoneInfo(files.zone_of(zone))
        read = files.preview(Path(layout), Path(folder), answers, name, zone=zone, rows=ROWS)
    except (files.LayoutError, files.RefusedFileError) as error:
        return found | {"reason": str(error)}
    shown = [
        row | {"at": f"{row['at'].astimezone(here):%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00")}
        for row in read.rows
    ]
    return found | {"rows": shown, "lines": [line[:_TEXT_SHOWN] for line in read.lines]}


if __name__ == "__main__":
    main()
