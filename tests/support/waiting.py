"""Waiting for what another process does."""

import time
from collections.abc import Callable

# Of a process on a machine that does much else.
WAIT_SECONDS = 180


def eventually(holds: Callable[[], bool]) -> None:
    """Returns when something holds.

    Raises:
        AssertionError: It did not come to hold within three minutes.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)
