"""IndexTracker, the library: reader, feeds, lake, engines and warehouse, free of Dagster.

It can be imported in a notebook: `from indextracker import Lakehouse`. Scheduling
(`indextracker_assets`) and the computation of tables (`indextracker_spark`) do not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indextracker.reader import Frame, Lakehouse

__all__ = ["Frame", "Lakehouse"]


def __getattr__(name: str) -> object:
    """The reader, loaded when it is first named: what imports the library alone does without."""
    if name in __all__:
        from indextracker import reader  # noqa: PLC0415

        return getattr(reader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
