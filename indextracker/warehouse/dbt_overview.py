"""The first page of dbt's docs: the marts of each subject, as their own descriptions have it.

The words around them are in `dbt_project/overview.md`. `make docs` writes the page with dbt's
sources, see `dbt_sources`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from indextracker.system.installation import shipped
from indextracker_catalogue import SUBJECTS, Subject

_PLACE_OF_MARTS = "{{ marts }}"
_BEGINS = "One row per "


def place() -> Path:
    """Where dbt reads the page."""
    return shipped("dbt_project") / "models" / "overview.md"


def current() -> str:
    """The page of the project as it stands."""
    words = (shipped("dbt_project") / "overview.md").read_text(encoding="utf-8")
    return words.replace(_PLACE_OF_MARTS, render(SUBJECTS.values(), marts_of))


def marts_of(subject: Subject) -> dict[str, str]:
    """The descriptions of a subject's marts, by their names."""
    folder = shipped("dbt_project") / "models" / subject.name / "marts"
    found = {}
    for file in sorted(folder.glob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = model["description"]
    return found


def render(subjects: Iterable[Subject], marts: Callable[[Subject], Mapping[str, str]]) -> str:
    """A table of marts for each subject that has any, each with a link to its page."""
    return "\n\n".join(
        "\n".join(_table(subject, found)) for subject in subjects if (found := marts(subject))
    )


def _table(subject: Subject, marts: Mapping[str, str]) -> Iterator[str]:
    yield f"### {subject.title}"
    yield ""
    yield "| mart | one row per |"
    yield "| --- | --- |"
    for name, description in marts.items():
        first = description.split(". ")[0].strip().removesuffix(".")
        yield f"| [{name}](#!/model/model.indextracker.{name}) | {first.removeprefix(_BEGINS)} |"
