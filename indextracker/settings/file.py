"""The settings file: reads it, and refuses unknown names, secrets and wrong types.

The settings themselves, and the precedence of the environment, do not belong here.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

# Settings that may name a place on this machine, which begins at the file's folder.
_PLACES = ("lake", "warehouse", "dagster_home", "stream", "alert_rules")


def read(file: Path, known: Collection[str], secrets: Collection[str]) -> dict[str, Any]:
    """The settings in a file of TOML, by name; relative places are made absolute.

    Args:
        file: The file.
        known: The names that settings have.
        secrets: Those of them that a file must not hold.

    Raises:
        ValueError: What is wrong with the file, a sentence for each thing, by "; ".
        OSError: It cannot be read.
    """
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no TOML: {error}") from None
    wrong = [
        f"{file}: no setting is called {name!r}{meant(name, known)}"
        for name in sorted(found.keys() - set(known))
    ]
    wrong += [
        f"{file}: {name} is a secret: set INDEXTRACKER_{name.upper()} instead"
        for name in sorted(found.keys() & set(secrets))
    ]
    wrong += [
        f"{file}: {name} is neither a text in quotes nor a date"
        for name, value in found.items()
        if not isinstance(value, str | date)
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    return {name: _from(file.parent, name, value) for name, value in found.items()}


def meant(name: str, known: Collection[str]) -> str:
    """The name that may be meant by an unknown one, as the end of a sentence."""
    near = difflib.get_close_matches(name.lower().removeprefix("indextracker_"), known, 1)
    return f", perhaps {near[0]}" if near else f": there are {', '.join(sorted(known))}"


def _from(folder: Path, name: str, value: Any) -> Any:
    if not isinstance(value, str) or not value or "://" in value:
        return value
    if name in _PLACES:
        return str(folder / Path(value).expanduser())
    if name == "source" and value.startswith("archive:"):
        return f"archive:{folder / Path(value.removeprefix('archive:')).expanduser()}"
    return value
