"""The notebooks of the documents: they run as they stand, and say what is stored in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from support.homes import Home
from support.sources import PROJECT

FOLDER = PROJECT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST_BYTES = 300_000
# Folders of a machine, and addresses of a publisher that only it has.
MACHINE = re.compile(r"(?<![\w.])/(tmp|home|root|usr|var|work|w)/|127\.0\.0\.1|localhost")


def said(notebook: dict[str, Any]) -> list[list[str]]:
    """What each cell printed and showed as text; of pictures, that there is one."""
    return [
        [
            "a picture" if "image/png" in output.get("data", {}) else text
            for output in cell.get("outputs", ())
            for text in ["".join(output.get("text", output.get("data", {}).get("text/plain", "")))]
        ]
        for cell in notebook["cells"]
    ]


@pytest.mark.parametrize("place", NOTEBOOKS, ids=lambda place: place.stem)
def test_a_notebook_gives_what_is_stored_in_it(place: Path, home: Home, chromium: None) -> None:
    environment = home.environment()
    stored = json.loads(place.read_text(encoding="utf-8"))
    again = run_path(str(FOLDER / "execute.py"))["executed"](place, environment)
    assert said(json.loads(json.dumps(again))) == said(stored)


@pytest.mark.parametrize("place", sorted(FOLDER.rglob("*.ipynb")), ids=lambda place: place.stem)
def test_a_notebook_is_small_and_knows_no_machine(place: Path) -> None:
    assert place.stat().st_size < LARGEST_BYTES
    notebook = json.loads(place.read_text(encoding="utf-8"))
    shown = [cell | {"outputs": []} for cell in notebook["cells"]]
    assert MACHINE.findall(json.dumps(shown) + json.dumps(said(notebook))) == []
    imported = set(re.findall(r"from (indextracker\S*) import (\S+)", json.dumps(shown)))
    # The reader, and formulas: nothing else is promised to people.
    assert {
        (one, what.split("\\n")[0]) for one, what in imported if one != "indextracker_numerics"
    } == {("indextracker", "Lakehouse")}
    numbers = [cell["execution_count"] for cell in notebook["cells"] if "outputs" in cell]
    assert numbers == list(range(1, len(numbers) + 1))
