"""Where quotes come from: Yahoo, or in the simulated world a process that behaves as it does.

The simulator is a program of its own and is never imported: it shares no code with what it tests.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from indextracker.settings import Settings

_SIMULATOR = (sys.executable, "-m", "indextracker_simulator.markets", "--exit-with-stdin")
_SAID = "listening on "


@dataclass(frozen=True)
class Vendor:
    """Where quotes come from.

    Attributes:
        socket: Address of the websocket.
        charts: Scheme and host of the charts.
        user_agent: Header of requests.
        through_proxy: Whether the proxies of the environment are used.
    """

    socket: str
    charts: str
    user_agent: str
    through_proxy: bool


@contextmanager
def vendor_of(settings: Settings) -> Iterator[Vendor]:
    """The vendor of a world, for the length of a block.

    Raises:
        RuntimeError: The simulated one does not start.
    """
    agent = settings.source.user_agent
    if settings.world == "simulated":
        with _simulated() as address:
            yield Vendor(f"ws://{address}/?version=2", f"http://{address}", agent, False)
    else:
        socket = "wss://streamer.finance.yahoo.com/?version=2"
        yield Vendor(socket, "https://query1.finance.yahoo.com", agent, True)


@contextmanager
def _simulated() -> Iterator[str]:
    """Runs the simulated vendor; it cannot outlive this process. Yields its host and port."""
    # In a group of its own: Ctrl-C is for this process, which ends the other one.
    with subprocess.Popen(
        _SIMULATOR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = process.stdout.readline().strip()
            if not said.startswith(_SAID):
                raise RuntimeError(f"the simulated vendor did not start ({' '.join(_SIMULATOR)})")
            yield said.removeprefix(_SAID)
        finally:
            process.stdin.close()
