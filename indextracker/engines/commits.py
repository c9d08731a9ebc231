"""What every engine does when another run commits to its table first: starts again from there."""

from __future__ import annotations

from collections.abc import Callable

from deltalake import DeltaTable

TRIES = 10


def retried(write: Callable[[], None], table: str) -> None:
    """Runs a write, and again whenever it failed while another commit to its table succeeded.

    Engines say in different words that they lost a race; that the table has a new version says it
    on all of them. A write replaces a slice, so running it twice does no harm.

    Args:
        write: Reads, computes and commits.
        table: Where the Delta table lies.
    """
    for left in reversed(range(TRIES)):
        before = DeltaTable(table).version()
        try:
            write()
        except Exception:
            if not left or DeltaTable(table).version() == before:
                raise
        else:
            return
