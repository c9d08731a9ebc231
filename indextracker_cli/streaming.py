"""What commands around a stream have in common: they run until told to stop, and say how it goes.

What they do meanwhile is not said here.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event

import click

from indextracker.metrics import Metrics, serving
from indextracker.streams.arrivals import EVENTS
from indextracker_spark.events.decoding import Events

# On a terminal one line changes; in a log a line now and then is enough.
_TERMINAL_SECONDS, _LOG_SECONDS = 1.0, 10.0
_CLEAR_LINE = "\r\x1b[K"


def events_of(subjects: Sequence[str]) -> dict[str, Events]:
    """How the events of some subjects are read, or of all that have a stream.

    Raises:
        click.ClickException: One has none.
    """
    if without := [name for name in subjects if name not in EVENTS]:
        raise click.ClickException(
            f"{', '.join(without)} has no stream: there are {', '.join(EVENTS)}"
        )
    return {name: EVENTS[name] for name in subjects or EVENTS}


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that is set by the first SIGINT or SIGTERM; the second one interrupts.

    Raises:
        KeyboardInterrupt: At the second signal, wherever the main thread is.
    """
    stop = Event()

    def heard(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {one: signal.signal(one, heard) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def telling(how: Callable[[], str]) -> Iterator[None]:
    """Says on standard error how it goes, for the length of a block, every second or every ten.

    Args:
        how: A line that says so.
    """
    over = Event()
    moves = sys.stderr.isatty()

    def tell() -> None:
        while not over.wait(_TERMINAL_SECONDS if moves else _LOG_SECONDS):
            click.echo(f"{_CLEAR_LINE}{how()}" if moves else how(), err=True, nl=not moves)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if moves:
            click.echo(_CLEAR_LINE, err=True, nl=False)


@contextmanager
def measured(
    metrics: Metrics, port: int | None, named_by: str = "--metrics-port"
) -> Iterator[None]:
    """Serves figures and health where a port is named, and says where.

    Args:
        metrics: The figures.
        port: The port; None where it is not named.
        named_by: What names it.

    Raises:
        click.ClickException: The port is taken.
    """
    if port is None:
        yield
        return
    try:
        served = serving(metrics, port)
        with served as address:
            click.echo(f"figures are at {address}/metrics, health at {address}/healthz", err=True)
            yield
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}): name another by {named_by}"
        ) from error
