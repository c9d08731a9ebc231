"""A strategy of one's own, from a Python file or a file with a SQL select.

What a strategy is, and how it runs, is in indextracker_spark.strategies; how such a file is
written, in docs/strategies.md.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_spark.strategies.model import FILLS, Fill, Parameter, Parameters, Strategy

_UNBOUNDED = 1e18
# In a select: `-- parameter fast = 20`, `-- sizing = weight`, and so on.
_HEADER = re.compile(r"^\s*--\s*(parameter\s+)?(\w+)\s*=\s*(\S+)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*")
# A name after a colon that does not follow another one: `::` is a cast.
_MARKER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_CHOICES = {
    "sizing": ("weight", "shares", "cash"),
    "by": ("ticker", "universe"),
    "fill": FILLS,
}
_DEFAULTS = {"sizing": "weight", "by": "ticker", "fill": "next_open", "history": "0"}
_EXAMPLE = "def positions(prices, parameters): ... with PARAMETERS = {'fast': 20}"


class OwnStrategyError(ValueError):
    """A file that is no strategy: which, what is wrong with it, and what is needed."""


def is_own(name: str) -> bool:
    """Whether a strategy is named by the path of its file."""
    return name.endswith((".py", ".sql"))


def source_digest(path: Path) -> str:
    """The sha256 of the file, in hexadecimal digits.

    Raises:
        OwnStrategyError: There is no such file.
    """
    return hashlib.sha256(_bytes(path)).hexdigest()


def load(path: Path) -> Strategy:
    """The strategy of a file.

    A Python file runs as any program does: load only what you would run.

    Raises:
        OwnStrategyError: The file is missing, or no strategy is in it.
    """
    if path.suffix == ".py":
        return _python(path)
    if path.suffix == ".sql":
        return _sql(path)
    raise OwnStrategyError(f"{path}: a strategy is a Python file (.py) or a SQL select (.sql)")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OwnStrategyError(f"{path}: {error.strerror}") from error


def _python(path: Path) -> Strategy:
    module = _module(path)
    # Its functions go to the engine as they are: no machine but this one has the file.
    # cloudpickle declares no types here.
    cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
    given = getattr(module, "STRATEGY", None)
    if isinstance(given, Strategy):
        return given
    if given is not None:
        raise OwnStrategyError(f"{path}: STRATEGY is a {type(given).__name__}, and no Strategy")
    positions = getattr(module, "positions", None)
    if not callable(positions):
        raise OwnStrategyError(f"{path}: it has neither STRATEGY nor a function: {_EXAMPLE}")
    if len(inspect.signature(positions).parameters) != 2:
        raise OwnStrategyError(f"{path}: positions takes two arguments: {_EXAMPLE}")
    numbers = getattr(module, "PARAMETERS", {})
    if not isinstance(numbers, dict) or not all(_is_number(x) for x in numbers.values()):
        raise OwnStrategyError(f"{path}: PARAMETERS is a dict of numbers by their names")
    options = {name: getattr(module, name.upper(), value) for name, value in _DEFAULTS.items()}
    meaning = (inspect.getdoc(module) or "").partition("\n\n")[0]
    return _strategy(path, meaning, numbers, options, positions)


def _module(path: Path) -> ModuleType:
    name = f"own_strategy_{uuid.uuid4().hex}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # where its classes look for their module
    try:
        exec(compile(_bytes(path), str(path), "exec"), module.__dict__)  # noqa: S102 - the person's own
    except SyntaxError as error:
        raise OwnStrategyError(f"{path}, line {error.lineno}: {error.msg}") from error
    except Exception as error:
        line = _line(error, path)
        raise OwnStrategyError(f"{path}, line {line}: {type(error).__name__}: {error}") from error
    return module


def _line(error: BaseException, path: Path) -> int:
    """The last line of the file that ran."""
    found, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _sql(path: Path) -> Strategy:
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OwnStrategyError(f"{path}: it is not written in UTF-8: {error}") from error
    numbers: dict[str, float] = {}
    options = dict(_DEFAULTS)
    for parameter, name, value in _HEADER.findall(text):
        if parameter:
            numbers[name] = _number(path, name, value)
        elif name not in _DEFAULTS:
            there = ", ".join(("parameter NAME", *_DEFAULTS))
            raise OwnStrategyError(f"{path}: `-- {name} =` is none of: {there}")
        else:
            options[name] = value
    query = _COMMENT.sub(lambda found: found[1] or "", text).strip().rstrip(";")
    if not re.match(r"(select|with)\b", query, re.IGNORECASE) or ";" in query:
        raise OwnStrategyError(f"{path}: a strategy in SQL is one select of ticker, at and target")
    if unknown := sorted(set(_MARKER.findall(query)) - set(numbers)):
        raise OwnStrategyError(
            f"{path}: :{unknown[0]} has no value; begin the file with "
            f"`-- parameter {unknown[0]} = 20`"
        )

    def positions(prices: DataFrame, parameters: Parameters) -> DataFrame:
        return selected(prices, _MARKER.sub(lambda m: repr(float(parameters[m[1]])), query))

    first = re.match(r"\s*--\s*(.*)", text)
    meaning = first[1] if first and not _HEADER.match(first[0]) else ""
    return _strategy(path, meaning, numbers, options, positions)


def selected(prices: DataFrame, query: str) -> DataFrame:
    """What a select over `prices` gives."""
    # A name of its own for each frame: a frame is computed late, and a view that has been replaced
    # by then would give it other prices.
    view = f"prices_{uuid.uuid4().hex}"
    prices.createOrReplaceTempView(view)
    found = prices.sparkSession.sql(
        f"with prices as (select * from {view}) select * from ({query})"
    )
    if missing := {"ticker", "at", "target"} - set(found.columns):
        raise OwnStrategyError(
            f"the select gives no {', '.join(sorted(missing))}; it has {', '.join(found.columns)}"
        )
    return found.select("ticker", "at", F.col("target").cast("double").alias("target"))


def _strategy(
    path: Path,
    meaning: str,
    numbers: dict[str, Any],
    options: dict[str, Any],
    positions: Callable[[DataFrame, Parameters], DataFrame],
) -> Strategy:
    for name, choices in _CHOICES.items():
        if options[name] not in choices:
            raise OwnStrategyError(
                f"{path}: {name} is {options[name]!r}; there are: {', '.join(choices)}"
            )
    history = int(_number(path, "history", options["history"]))
    fill: Fill = options["fill"]
    return Strategy(
        name=path.stem,
        title=path.name,
        meaning=meaning,
        parameters=tuple(
            Parameter(name, float(value), -_UNBOUNDED, _UNBOUNDED, "")
            for name, value in numbers.items()
        ),
        history_rows=lambda _: history,
        sizing=options["sizing"],
        by=options["by"],
        positions=positions,
        fill=fill,
    )


def _number(path: Path, name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise OwnStrategyError(f"{path}: {name} is {value!r}, and has to be a number") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
