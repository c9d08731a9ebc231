"""The state of a page, as its address has it: read from the query of a URL, and written to it.

An address is written by anyone: what a page cannot read is refused by a sentence. Controls, which
change it, are in `controls`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, get_origin, get_type_hints
from urllib.parse import parse_qsl, urlencode

from pydantic import ConfigDict, TypeAdapter, ValidationError

LONGEST_QUERY = 20_000
_SHOWN = 40


class StateError(ValueError):
    """An address that a page cannot read; the message says which part of it."""


@dataclass(frozen=True)
class State:
    """The state of a page without controls, and the base of all others.

    A page's own is a frozen dataclass whose fields have defaults: text, whole numbers, dates,
    literals and what pydantic makes of their annotations, each perhaps None; or a tuple of texts,
    which an address joins by commas. What has its default is left out of the address.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_max_length=100)


S = TypeVar("S", bound=State)


def parsed(kind: type[S], query: str) -> S:
    """The state that a query holds.

    Args:
        kind: The state of the page.
        query: What follows the path of a URL, with or without its question mark.

    Raises:
        StateError: The page does not know a part of it, or cannot use its value.
    """
    if len(query) > LONGEST_QUERY:
        raise StateError(f"the address is longer than {LONGEST_QUERY} characters")
    try:
        pairs = parse_qsl(
            query.removeprefix("?"), keep_blank_values=True, strict_parsing=len(query) > 1
        )
    except ValueError:
        raise StateError("the address has something after its ? that is no name=value") from None
    given: dict[str, Any] = {}
    names = [field.name for field in fields(kind)]
    for name, text in pairs:
        if name not in names:
            known = ", ".join(names) or "nothing"
            raise StateError(f"this page has no {_short(name)} in its address: it knows {known}")
        if name in given:
            raise StateError(f"the address has {name} twice")
        if not text.replace("\n", "").replace("\t", "").isprintable():
            raise StateError(f"the address has characters in {name} that cannot be shown")
        given[name] = _listed(text) if name in _lists(kind) else text
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        said = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        raise StateError(f"{name}={_short(first['input'])} in the address {said}") from None


def query_of(state: State) -> str:
    """The query of a state, without a question mark; empty where all has its default."""
    texts, defaults = texts_of(state), texts_of(type(state)())
    return urlencode({name: text for name, text in texts.items() if text != defaults[name]})


def texts_of(state: State) -> dict[str, str]:
    """Each field of a state as an address has it; None is an empty text."""
    return {field.name: _text(getattr(state, field.name)) for field in fields(state)}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _lists(kind: type[State]) -> frozenset[str]:
    hints = get_type_hints(kind)
    return frozenset(f.name for f in fields(kind) if get_origin(hints[f.name]) is tuple)


def _short(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
