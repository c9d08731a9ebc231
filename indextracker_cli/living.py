"""The live view beside `stream run`: what the page Live of the dashboard shows of it.

A consumer runs without it just as well: where its port is taken, that is said, and nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from indextracker.live.serving import PATH, Feed
from indextracker.live.view import View
from indextracker.metrics import Metrics, serving
from indextracker.streams.consuming import Consumer


@contextmanager
def shown(
    view: View,
    consumer: Consumer,
    metrics: Metrics,
    port: int,
) -> Iterator[str]:
    """Keeps and serves a live view for the length of a block.

    Args:
        view: The view, which hears of what the consumer appends.
        consumer: The one of quotes.
        metrics: Figures and health, served beside it; how many browsers listen is added.
        port: Port of this machine's loopback.

    Yields:
        The address; empty where the port is taken.
    """
    feed = Feed(
        view,
        lambda: {
            "hindered": consumer.state,
            "behind": consumer.behind_ms,
            "rows": consumer.rows,
        },
    )
    metrics.gauge(
        "indextracker_live_browsers",
        "Browsers that listen to the live view.",
        lambda: feed.browsers,
    )
    stop = threading.Event()
    keeping = threading.Thread(target=view.run, args=(stop,), name="live", daemon=True)
    with ExitStack() as held:
        try:
            address = held.enter_context(serving(metrics, port, {PATH: feed.answer}))
        except OSError as error:
            said = f"port {port} cannot be used ({error.strerror})"
            click.echo(f"{said}: the page Live does not show this consumer", err=True)
            yield ""
            return
        click.echo(f"the page Live of the dashboard shows quotes from {address}{PATH}", err=True)
        keeping.start()
        try:
            yield address
        finally:
            stop.set()
            feed.close()
            keeping.join()
