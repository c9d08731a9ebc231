"""No code outside of a subject's folders names it, its exchange, zone, publishers or feeds.

Comments and docstrings may: they say from where a number or a lesson is, and give examples.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from support.sources import PROJECT

from indextracker.feeds import PUBLISHERS, feeds_of
from indextracker_catalogue import SUBJECTS, Sessions, Subject

FLOORS = (
    *("catalogue", "spark", "indextracker", "indextracker_assets", "indextracker_cli"),
    *("dbt_project/macros", "dbt_project/models"),
)
# What subjects are called and is a word of the field too, and the zone of whoever has no other.
WORDS = {"markets", "trades", "files", "UTC"}
# Where `news` is the reader's word for articles, and no subject.
OF_THE_READER = {
    "indextracker/reader/lakehouse.py",
    "indextracker_cli/arguments.py",
    "indextracker_cli/exporting.py",
}


def names(subject: Subject) -> set[str]:
    """What only its own folders may name."""
    feeds = feeds_of(subject)
    found = {subject.name, subject.zone, *feeds} - WORDS
    found |= {PUBLISHERS[feed.publisher].name for feed in feeds.values()}
    if isinstance(subject.timeline, Sessions):
        found.add(subject.timeline.exchange)
    return found


def of_no_subject(file: Path) -> bool:
    return (
        not any(part in SUBJECTS for part in (*file.parts[:-1], file.stem))
        and "target" not in file.parts
    )


def code(file: Path) -> str:
    """A file without its comments and docstrings; of SQL all of it."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or [ast.Pass()]
    return ast.unparse(tree)


def _is_text(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def test_no_module_outside_of_its_folders_names_a_subject() -> None:
    every = set[str]().union(*(names(subject) for subject in SUBJECTS.values()))
    word = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(every)))})\b", re.IGNORECASE)
    files = [
        file.relative_to(PROJECT)
        for floor in FLOORS
        for kind in ("*.py", "*.sql")
        for file in (PROJECT / floor).rglob(kind)
    ]
    assert len(files) > 100
    found = {
        str(file): set(word.findall(code(PROJECT / file))) for file in files if of_no_subject(file)
    }
    assert {file for file in OF_THE_READER if found.pop(file) != {"news"}} == set()
    assert {file: words for file, words in found.items() if words} == {}
