"""The commands `stream quotes`, `trades` and `replay`: what puts events into streams.

Each runs until its events are put or it is told to stop; then it waits until they are kept, and
ends with 0.
"""

from __future__ import annotations

import time
from datetime import date
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from indextracker_catalogue import SUBJECTS
from indextracker_cli.arguments import Day
from indextracker_cli.configured import with_settings

if TYPE_CHECKING:
    from indextracker.metrics import Metrics
    from indextracker.settings import Settings
    from indextracker.streams.producing.markets.quotes import Counts
    from indextracker.streams.producing.running import Batches
    from indextracker.streams.putting import Putter

# What a shell says of a command that a second Ctrl-C ended.
INTERRUPTED = 130
# The subject whose stream holds quotes, replayed ones too, and that of generated trade events.
QUOTES, OPERATIONS = "markets", "trades"

RATE = click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    help="At most so many events a second; without it, as they come.",
)
METRICS_PORT = click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="Serve /metrics and /healthz on this port of 127.0.0.1; 0 for any.",
)
SHARE = click.FloatRange(0, 1)


@click.group()
def stream() -> None:
    """Put quotes and trade events into streams, and bring them into the lake."""


@stream.command()
@click.argument("market", type=click.Choice(tuple(SUBJECTS)))
@click.argument("session", type=Day())
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=0.0,
    help="How many seconds of the session pass in one, such as 60; 0, which is the default, is as "
    "fast as it goes.",
)
@click.option("--symbols", metavar="SYMBOL,SYMBOL", help="Only these, such as 'TX 202412'.")
@click.option(
    "--shuffle-seconds",
    type=click.IntRange(0),
    default=0,
    help="Put events in any order within spans of so many seconds.",
)
@click.option("--duplicates", type=SHARE, default=0.0, help="Put this share of them twice.")
@RATE
@METRICS_PORT
@with_settings
def replay(
    settings: Settings,
    /,
    *,
    market: str,
    session: date,
    symbols: str | None,
    rate: float | None,
    metrics_port: int | None,
    **wish: Any,
) -> int:
    """Put the stored prints of a SESSION of a MARKET into the stream of quotes, in their order.

    \b
    indextracker stream replay taiwan 2024-12-16 --speed 60
    indextracker stream replay taiwan 2024-12-16 --symbols "TX 202412,TAIEX"
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.platform import Platform  # noqa: PLC0415 - Arrow takes a second
    from indextracker.streams.producing.replaying import Wish  # noqa: PLC0415
    from indextracker.streams.producing.replaying import replay as replayed  # noqa: PLC0415

    wanted = [name.strip() for name in (symbols or "").split(",") if name.strip()]
    lake = Platform(settings).lake
    batches = replayed(lake, SUBJECTS[market], session, Wish(symbols=wanted, **wish))
    return _produced(settings, QUOTES, batches, rate, metrics_port)


@stream.command("quotes")
@click.argument("symbols", nargs=-1, required=True)
@RATE
@METRICS_PORT
@with_settings
def quote(
    settings: Settings,
    /,
    *,
    symbols: tuple[str, ...],
    rate: float | None,
    metrics_port: int | None,
) -> int:
    """Put quotes of SYMBOLS into the stream of quotes as they come, until it is told to stop.

    \b
    indextracker stream quotes AAPL ^GSPC EURUSD=X BTC-USD

    They are Yahoo's, from its websocket, and from its charts while that is shut; in the simulated
    world a simulated vendor's.
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.streams.producing.markets.quotes import Counts, quotes  # noqa: PLC0415
    from indextracker.streams.producing.markets.vendors import vendor_of  # noqa: PLC0415

    counts = Counts()
    wanted = [symbol.upper() for symbol in symbols]
    with vendor_of(settings) as vendor:
        batches = quotes(vendor, wanted, counts)
        return _produced(settings, QUOTES, batches, rate, metrics_port, counts)


@stream.command("trades")
@click.option("--count", type=click.IntRange(1), help="So many events; without an end by default.")
@click.option("--duplicates", type=SHARE, default=0.0, help="Share of reports that come again.")
@click.option("--late", type=SHARE, default=0.0, help="Share that is hours late, a day at most.")
@click.option(
    "--corrections", type=SHARE, default=0.0, help="Share that is corrected by a later report."
)
@click.option("--poison", type=SHARE, default=0.0, help="Share that nobody can read.")
@click.option("--seed", type=int, help="The same one makes the same reports, but for their times.")
@RATE
@METRICS_PORT
@with_settings
def operate(
    settings: Settings,
    /,
    *,
    count: int | None,
    seed: int | None,
    rate: float | None,
    metrics_port: int | None,
    **shares: float,
) -> int:
    """Put generated reports of sales and purchases into the stream of trades.

    \b
    indextracker stream trades --rate 1000
    indextracker stream trades --count 100000 --duplicates 0.02 --late 0.01 --poison 0.001

    They are about people and trades that are made up, and so for the simulated world alone.
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.streams.producing.running import at_once  # noqa: PLC0415
    from indextracker.streams.producing.trades import Shares, operations  # noqa: PLC0415

    if settings.world == "real":
        raise click.UsageError(
            "reports that are made up do not go among real data: set INDEXTRACKER_SOURCE=simulated"
        )
    batches = operations(Shares(**shares), seed, count, at_once(rate))
    return _produced(settings, OPERATIONS, batches, rate, metrics_port)


def _produced(
    settings: Settings,
    subject: str,
    batches: Batches,
    rate: float | None,
    metrics_port: int | None,
    counts: Counts | None = None,
) -> int:
    """Puts what a producer gives until it ends or is told to stop, and returns the exit code."""
    from indextracker.streams.opening import open_stream  # noqa: PLC0415 - boto3 takes a second
    from indextracker.streams.producing.running import produce  # noqa: PLC0415
    from indextracker.streams.putting import Putter  # noqa: PLC0415
    from indextracker_cli import streaming  # noqa: PLC0415
    from indextracker_cli.worlds import tell_world  # noqa: PLC0415

    kept_in = open_stream(settings, subject)
    tell_world(settings, kept_in.address)
    putter = Putter(kept_in)
    code = 0

    metrics = _metrics(putter, counts)
    metrics.is_hindered_by(lambda: putter.failure or (counts.failure if counts else ""))
    with (
        streaming.measured(metrics, metrics_port),
        streaming.stopping() as stop,
        streaming.telling(_Pace(putter, counts, stop).line),
    ):
        try:
            with putter:
                produce(batches, putter, stop, rate)
        except KeyboardInterrupt:
            code = INTERRUPTED
    lost = f", {putter.waiting:,} were given up" if putter.waiting else ""
    click.echo(f"{putter.events:,} events are kept in {kept_in.address}{lost}", err=True)
    return code


def _metrics(putter: Putter, counts: Counts | None) -> Metrics:
    """The figures of a producer, and those of its connections where it has some."""
    from indextracker.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics()
    begins = "indextracker_producer"
    metrics.counter(
        f"{begins}_events_total", "Events that the stream has kept.", lambda: putter.events
    )
    metrics.gauge(
        f"{begins}_waiting_events",
        "Events that were given and are not kept yet.",
        lambda: putter.waiting,
    )
    if counts:
        metrics.gauge(f"{begins}_connections", "Websockets open.", lambda: counts.connections)
        metrics.counter(
            f"{begins}_messages_total",
            "Prices that came, by what became of them.",
            lambda: {name: getattr(counts, name) for name in ("quotes", "malformed", "stale")},
            "as",
        )
        metrics.counter(f"{begins}_broken_total", "Websockets that broke.", lambda: counts.broken)
        metrics.counter(
            f"{begins}_polls_total", "Charts that were asked for.", lambda: counts.polls
        )
        metrics.counter(
            f"{begins}_failed_polls_total",
            "Charts that were not answered.",
            lambda: counts.failed_polls,
        )
    return metrics


class _Pace:
    """How a producer gets on, as a line: what was kept since it was last asked, and what waits."""

    def __init__(self, putter: Putter, counts: Counts | None, stop: Event) -> None:
        self._putter = putter
        self._counts = counts
        self._stop = stop
        self._events, self._at = putter.events, time.monotonic()

    def line(self) -> str:
        events, at = self._putter.events, time.monotonic()
        a_second = (events - self._events) / max(at - self._at, 1e-9)
        self._events, self._at = events, at
        said = f"{events:,} events kept, {a_second:,.0f} a second, {self._putter.waiting:,} waiting"
        if self._putter.failure:
            said += f" for the stream: {self._putter.failure}"
        if self._counts:
            open_now = self._counts.connections
            said += f"; {open_now} connections" if open_now != 1 else "; 1 connection"
            said += f": {self._counts.failure}" if self._counts.failure else ""
        if self._stop.is_set():
            said += "; it ends when they are kept, or at a second Ctrl-C without them"
        return said
