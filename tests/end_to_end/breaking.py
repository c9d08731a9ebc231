"""Breaks one rule in the source of the pipeline, for the length of a block."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager

from indextracker.engines import sessions
from indextracker_spark import taiwan

# What the jobs are made of, each after what it is made of itself.
_PARTS = (
    "indextracker_spark.shared.bars",
    "indextracker_spark.taiwan.expiries",
    *(
        f"indextracker_spark.taiwan.{name}"
        for name in (
            *("clock", "lines", "ticks", "reports", "facts"),
            *("contracts", "markets", "reconciliation", "jobs"),
        )
    ),
    "indextracker_spark.taiwan",
)


@contextmanager
def broken(module_name: str, rule: str, instead: str) -> Iterator[None]:
    """Runs the block as if the module's source said something else in one place.

    The rule has to stand there exactly once: what stands in two places is no single rule.
    """
    module = importlib.import_module(module_name)
    source = inspect.getsource(module)
    assert source.count(rule) == 1, f"{module_name} says {source.count(rule)} times: {rule}"
    parts = map(importlib.import_module, _PARTS)
    sources = {module: source} if module_name not in _PARTS else {}
    sources |= {part: inspect.getsource(part) for part in parts}
    sources[module] = source.replace(rule, instead)
    kept = {changed: dict(vars(changed)) for changed in sources}
    jobs = sessions.JOBS
    try:
        for changed, text in sources.items():
            # Inside the module itself, so that whoever has imported it sees the change.
            exec(compile(text, f"<broken {changed.__name__}>", "exec"), vars(changed))
        sessions.JOBS = {job.name: job for job in taiwan.JOBS}
        yield
    finally:
        for changed, names in kept.items():
            vars(changed).clear()
            vars(changed).update(names)
        sessions.JOBS = jobs
