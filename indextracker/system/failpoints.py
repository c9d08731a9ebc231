"""Places at which a test can have this process killed: around every commit of every layer.

A failpoint does nothing unless the setting INDEXTRACKER_FAILPOINT names it.
"""

from __future__ import annotations

import os
import signal
from itertools import count

_armed = ""
_dies_at = 0
_passings = count()


def arm(setting: str) -> None:
    """Chooses where this process dies.

    Args:
        setting: `name`, or `name:n` for its nth passing; empty for nowhere.
    """
    global _armed, _dies_at, _passings
    _armed, _, passing = setting.partition(":")
    _dies_at, _passings = int(passing or 1), count(1)


def failpoint(name: str) -> None:
    """Dies here, as of a power cut, when this is the place and the passing."""
    # Counted without a lock: `next` of a count is one step of the interpreter.
    if name == _armed and next(_passings) == _dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
