"""One thread for what libraries add up in as many as there are: its last bits are then the same.

Nothing of what is computed belongs here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# OpenBLAS has one number of threads a process: two at a time would set it under each other.
_COMPUTING = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, OpenBLAS and OpenMP compute in one thread, and no other thread of the process does.

    Two threads of OpenBLAS gave smiles and ridge regressions other last bits than one. Spark's
    workers have one, and Sail has as many as there are processors.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  with scikit-learn

    with _COMPUTING, threadpool_limits(limits=1):
        yield
