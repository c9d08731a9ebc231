"""The page on the way of one session is what runs: its files and functions, in its order."""

from __future__ import annotations

import ast
import re
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa
from support.market import source
from support.sources import PROJECT

from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import Answer
from indextracker.lake import Lake
from indextracker.system.documents import Document
from indextracker_simulator.taiwan.exchange import Exchange

TEXT = (PROJECT / "docs" / "way-of-a-session.md").read_text(encoding="utf-8")
HOPS = re.findall(r"^\| \d+ \| \*?`([\w./]+)`\*? \| (?:`([\w.]+)` )?\|", TEXT, re.MULTILINE)
HELPERS = [
    name
    for line in re.findall(r"^\| (\*?`\w+/.*?) \| \d", TEXT, re.MULTILINE)
    for name in re.findall(r"`([\w./]+)`", line)
]
ACQUIRED = 7  # hops until a document is in bronze
ROOT = f"{PROJECT}/"
SESSION = "2024-12-13"


def functions(file: Path) -> set[str]:
    """The functions of a module and the methods of its classes, by name."""
    found = set[str]()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def test_it_names_files_and_functions_that_are_there() -> None:
    assert len(HOPS) == 13
    assert len({file for file, _ in HOPS}) == len(HOPS)
    for file, function in HOPS:
        assert (PROJECT / file).exists(), file
        assert not function or function in functions(PROJECT / file), (file, function)


class Trace:
    """Which files are handed a session's document or rows, or give them, and who calls them."""

    def __init__(self) -> None:
        self.files = set[str]()
        self.calls = set[tuple[str, str]]()

    def __call__(self, frame: FrameType, event: str, result: Any) -> None:
        file = self._ours(frame)
        if file is None or event not in ("call", "return"):
            return
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        values = [frame.f_locals.get(name) for name in names] if event == "call" else [result]
        if any(map(_of_the_session, values)):
            self.files.add(file)
            caller = frame.f_back
            while caller is not None and self._ours(caller) is None:
                caller = caller.f_back
            if caller is not None and (above := self._ours(caller)) != file:
                self.files.add(str(above))
                self.calls.add((str(above), file))

    @staticmethod
    def _ours(frame: FrameType) -> str | None:
        file = frame.f_code.co_filename  # as text, since this is asked at every call
        return file[len(ROOT) :] if file.startswith(f"{ROOT}indextracker/") else None


def _of_the_session(value: object) -> bool:
    if isinstance(value, list) and value:
        return _of_the_session(value[0])
    return isinstance(value, Document | Answer | pa.Table)


def test_a_document_passes_the_files_of_the_page_and_no_others(tmp_path: Path) -> None:
    trace = Trace()
    with source(Exchange()) as http:
        threading.setprofile(trace)
        sys.setprofile(trace)
        try:
            answers = acquire(
                Lake(str(tmp_path), "simulated"), FEEDS["twse_index"], [SESSION], http
            )
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]  # None ends it; typeshed has no None
    assert [answer.state for answer in answers.values()] == ["accepted"]
    way = [file for file, _ in HOPS[:ACQUIRED]]
    assert set(way) <= trace.files <= {*way, *HELPERS}
    # Each is called by one other, and none by one that it calls.
    called_by = {file: {a for a, b in trace.calls if b == file and a in way} for file in way}
    assert all(len(callers) <= 1 for callers in called_by.values()), called_by
    for file in way:
        above, seen = called_by[file], {file}
        while above:
            [caller] = above
            assert caller not in seen
            seen.add(caller)
            above = called_by[caller]
