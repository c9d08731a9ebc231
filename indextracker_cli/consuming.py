"""The command `stream run`: it brings events from streams into the lake."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from indextracker_catalogue import SUBJECTS
from indextracker_cli.configured import with_settings
from indextracker_cli.producing import INTERRUPTED, METRICS_PORT, QUOTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indextracker.alerts.watching import Watcher
    from indextracker.metrics import Metrics
    from indextracker.platform import Platform
    from indextracker.settings import Settings
    from indextracker.streams.consuming import Consumer, Listener
    from indextracker.streams.hindrances import Hindrances
    from indextracker_spark.events.decoding import Events


@click.command()
@click.argument("subjects", nargs=-1, type=click.Choice(tuple(SUBJECTS)))
@METRICS_PORT
@with_settings
def run(settings: Settings, /, *, subjects: tuple[str, ...], metrics_port: int | None) -> int:
    """Append the events of SUBJECTS to the lake, once a second, until told to stop.

    Without SUBJECTS those of all streams. Killed at any moment and started again, it loses nothing
    and appends nothing twice. Where the engine is `spark`, Spark Structured Streaming reads them.

    \b
    indextracker stream run
    indextracker stream run markets --metrics-port 9400
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.live.view import View  # noqa: PLC0415 - Arrow takes a second
    from indextracker.platform import Platform  # noqa: PLC0415
    from indextracker.streams.hindrances import Hindrances  # noqa: PLC0415
    from indextracker.streams.running import begun, consume  # noqa: PLC0415
    from indextracker_cli import alerting, living, streaming  # noqa: PLC0415
    from indextracker_cli.worlds import tell_world  # noqa: PLC0415

    wanted = streaming.events_of(subjects)
    platform = Platform(settings)
    view = View(platform.lake)
    consumers: dict[str, Consumer] = {}
    watchers: list[Watcher] = []
    beginning = Hindrances(f"{settings.stream.address} to {platform.lake.root}")
    tell_world(settings, settings.stream.address)
    metrics = _metrics(consumers)

    def make() -> bool:
        """Makes what needs streams and the lake; the figures are of it from then on."""
        watcher = None
        if QUOTES in wanted:
            watcher = alerting.watcher(settings, platform.lake, lambda: consumers[QUOTES])
        listeners: dict[str, list[Listener]] = {
            QUOTES: [view.heard, *([watcher.wake] if watcher else [])]
        }
        made = {
            name: _consumer(platform, name, events, listeners.get(name, ()))
            for name, events in wanted.items()
        }
        consumers.update(made)
        if watcher:
            watchers.append(watcher)
            alerting.measure(metrics, watcher)
        return True

    def hindered_by() -> str:
        states = [(name, one.state) for name, one in consumers.items()]
        states += [("alerts", one.state) for one in watchers]
        named = [f"{name}: {state}" for name, state in states if state]
        return "; ".join(filter(None, [str(beginning), *named]))

    metrics.is_hindered_by(hindered_by)
    code = 0
    with (
        streaming.measured(metrics, metrics_port),
        streaming.stopping() as stop,
        streaming.telling(_Pace(consumers, beginning).line),
    ):
        try:
            if begun(make, beginning, stop):
                port = settings.dashboard.live_port
                with (
                    living.shown(view, consumers[QUOTES], metrics, port)
                    if QUOTES in consumers
                    else nullcontext()
                ):
                    beside = [watcher.run for watcher in watchers]
                    consume(platform.lake, [*consumers.values()], stop, beside)
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            platform.close()
    for name, one in consumers.items():
        click.echo(f"{name}: {one.rows:,} rows appended to {one.table.path}", err=True)
    return code


def _metrics(consumers: Mapping[str, Consumer]) -> Metrics:
    """The figures of consumers, each by its stream."""
    from indextracker.metrics import Metrics  # noqa: PLC0415 - Arrow takes a second

    metrics = Metrics()
    metrics.counter(
        "indextracker_consumer_rows_total",
        "Rows that were appended.",
        lambda: {name: one.rows for name, one in consumers.items()},
        "stream",
    )
    metrics.counter(
        "indextracker_consumer_commits_total",
        "Commits that appended rows or positions.",
        lambda: {name: one.commits for name, one in consumers.items()},
        "stream",
    )
    metrics.gauge(
        "indextracker_consumer_behind_seconds",
        "How long ago the last record read arrived, of the shard that is furthest behind.",
        lambda: {name: one.behind_ms / 1000 for name, one in consumers.items()},
        "stream",
    )
    return metrics


def _consumer(
    platform: Platform, subject: str, events: Events, listeners: Sequence[Listener]
) -> Consumer:
    """The consumer of a subject's stream: one of this process, or by JVM Spark if that is set.

    Spark's tells nobody of its commits: who listens finds them in the lake.
    """
    from indextracker.streams.consuming import Consumer  # noqa: PLC0415 - Arrow takes a second
    from indextracker.streams.opening import open_stream  # noqa: PLC0415

    stream = open_stream(platform.settings, subject)
    if platform.settings.engine.name != "spark":
        return Consumer(stream, platform.lake, events, listeners)
    from indextracker.engines.sessions import SessionEngine  # noqa: PLC0415 - pyspark is slow
    from indextracker.streams.spark.query import SparkConsumer  # noqa: PLC0415

    assert isinstance(platform.engine, SessionEngine)
    return SparkConsumer(platform.engine.session, stream, platform.lake, events)


class _Pace:
    """How consumers get on, as a line: what was appended since it was last asked."""

    def __init__(self, consumers: Mapping[str, Consumer], beginning: Hindrances) -> None:
        self._consumers = consumers
        self._beginning = beginning
        self._rows, self._at = 0, time.monotonic()

    def line(self) -> str:
        consumers = [*self._consumers.values()]
        if not consumers:
            return "; ".join(filter(None, ["not begun yet", str(self._beginning)]))
        rows, at = sum(one.rows for one in consumers), time.monotonic()
        a_second = (rows - self._rows) / max(at - self._at, 1e-9)
        self._rows, self._at = rows, at
        behind = max(one.behind_ms for one in consumers) / 1000
        said = f"{rows:,} rows appended, {a_second:,.0f} a second, {behind:.0f} s behind"
        return "; ".join([said, *(one.state for one in consumers if one.state)])
