"""Repeating a job when another run committed to its table first; the same on every engine."""

from __future__ import annotations

import re
from collections.abc import Callable

TRIES = 10
# Engines have no common exception for a lost race; these are their words, of Sail 0.7.2 (those of
# delta-rs) and of Delta Lake 4.4 on the JVM, which pass through Spark Connect and the failure of a
# job run as they are.
_LOST = re.compile(
    r"Failed to commit transaction: |Tried committing existing table version: "
    r"|Commit failed: a concurrent transaction |Concurrent transaction failed"
    r"|Metadata changed since last commit|io\.delta\.exceptions\.Concurrent"
    r"|\[DELTA_(CONCURRENT_|METADATA_CHANGED|PROTOCOL_CHANGED)"
)


def retried(write: Callable[[], None]) -> None:
    """Runs a write, and again whenever another commit to its table was faster.

    A write replaces a slice, so running it twice does no harm. Whatever else goes wrong is raised
    at once: it would go wrong again.

    Args:
        write: Reads, computes and commits.
    """
    for left in reversed(range(TRIES)):
        try:
            write()
        except Exception as error:
            if not left or not _LOST.search(str(error)):
                raise
        else:
            return
