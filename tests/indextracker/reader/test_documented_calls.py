"""The examples of the documents are calls that the reader has."""

import ast
import inspect
import re

import pytest
from support.sources import PROJECT

from indextracker import Lakehouse

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def calls(document: str) -> list[ast.Call]:
    """What is called of `lakehouse` in the Python of a document."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    return [
        node
        for block in BLOCK.findall(text)
        if "Lakehouse" in block
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "lakehouse"
    ]


@pytest.mark.parametrize("document", ["README.md", "docs/reader.md"])
def test_every_example_is_a_call_that_there_is(document: str) -> None:
    found = calls(document)
    assert len(found) > 1
    for call in found:
        assert isinstance(call.func, ast.Attribute)
        values = [ast.literal_eval(one) for one in call.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        inspect.signature(getattr(Lakehouse, call.func.attr)).bind(None, *values, **named)


def test_the_page_of_the_reader_shows_every_method() -> None:
    methods = {
        name
        for name, _ in inspect.getmembers(Lakehouse, inspect.isfunction)
        if not name.startswith("_")
    }
    shown = {
        call.func.attr for call in calls("docs/reader.md") if isinstance(call.func, ast.Attribute)
    }
    assert shown == methods
