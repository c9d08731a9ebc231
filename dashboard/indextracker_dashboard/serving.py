"""Runs the dashboard on a WSGI server for production, waitress, until it is told to end."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# Two threads that are the first to need it would see half of it.
import pandas as pd  # noqa: F401
import waitress
from waitress import wasyncore
from waitress.server import BaseWSGIServer

from indextracker.reader import MissingSessionsWarning
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard.app import app
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import uploads
from indextracker_dashboard.live import relay
from indextracker_dashboard.metering import metered

# Each window of the page Live holds a thread and a connection; the rest is for all other requests.
THREADS = 12 + relay.MOST_BROWSERS
_MOST_CONNECTIONS = 1000


class Server:
    """A server that listens, and answers once it is run.

    Args:
        data: The lakehouse.
        settings: Where it listens, and who may see it.
        port: Instead of the settings'; 0 for any.

    Attributes:
        address: The address that a browser takes.
        metrics: Its figures.

    Raises:
        OSError: The port cannot be listened on.
    """

    def __init__(self, data: Data, settings: DashboardSettings, port: int | None = None) -> None:
        # Pages say themselves what is missing.
        warnings.simplefilter("ignore", MissingSessionsWarning)
        # It tells of each request that waits for a thread, which is of no use to who started it.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._pages = app(data, settings).server
        self.metrics = metered(self._pages)
        self._waitress: BaseWSGIServer = waitress.create_server(
            self._pages,
            host=settings.host,
            port=settings.port if port is None else port,
            threads=THREADS,
            connection_limit=_MOST_CONNECTIONS,
            # It keeps what is sent before anybody has asked who sends it; by default 1 GB.
            max_request_body_size=uploads.FILE_BYTES + 1,
            # `select` ends with the 1024th file of the process.
            asyncore_use_poll=True,
            ident="",
        )
        self.address = _address(settings.host, self._waitress.effective_port)

    def run(self) -> None:
        """Answers until it is closed, or interrupted in the main thread."""
        self._waitress.run()

    def end_live(self) -> None:
        """Ends what is told to windows that listen: a server that ends waits for its threads."""
        relay.end(self._pages)

    def close(self) -> None:
        """Ends it, from another thread than the one that runs it."""
        self.end_live()
        self._waitress.close()
        # Its thread ends with the last connection, and browsers keep theirs.
        wasyncore.close_all(self._waitress._map, ignore_all=True)  # noqa: SLF001 - no other name


@contextmanager
def serving(data: Data, settings: DashboardSettings, port: int | None = None) -> Iterator[str]:
    """The dashboard in a thread, as long as the block lasts; yields its address."""
    with running(Server(data, settings, port)) as made:
        yield made.address


@contextmanager
def running(made: Server) -> Iterator[Server]:
    """The same of a server that listens already."""
    thread = threading.Thread(target=made.run, name="dashboard", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(timeout=10)


def _address(host: str, port: int) -> str:
    """The address that a browser takes."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
