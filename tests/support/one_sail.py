"""The one Sail engine of a test process: a second one would cost seconds and share its session."""

import atexit
import functools

from indextracker.engines.sail import SailEngine


@functools.cache
def engine() -> SailEngine:
    """The engine, started at its first job and stopped with the process."""
    started = SailEngine()
    atexit.register(started.close)
    return started
