"""`indextracker chart`: one session of an instrument as a page that needs nothing but itself.

Or as a picture, which Chromium takes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pyarrow.compute as pc

from indextracker.reader import Frame, Lakehouse

ENDINGS = (".html", ".png", ".svg")
_WIDTH_PIXELS, _HEIGHT_PIXELS = 1200, 720
# So long without a trade is no quiet minute: it is left out of the time axis.
_PAUSE = timedelta(hours=2)
# Blue and orange are told apart by those who do not see red and green.
_UP, _DOWN, _QUIET = "#1f77b4", "#e8710a", "#9aa0a6"


def chart(
    instrument: str,
    contract: str | None,
    on: date | None,
    minutes: int,
    zone: str,
    place: Path | None,
    ending: str,
) -> None:
    """Writes a page, or a picture, with candles and volume of a session.

    Args:
        instrument: As of `Lakehouse.bars`.
        contract: Likewise; of futures the front month by default.
        on: The session; the newest by default.
        minutes: Length of a bar.
        zone: Zone of the time axis.
        place: The file; named by instrument and session by default.
        ending: What it is: `.html`, `.png` or `.svg`.

    Raises:
        click.ClickException: There is nothing to draw, or nothing that draws.
    """
    lakehouse = Lakehouse()
    kind = lakehouse.instruments().get(instrument.upper())
    if kind == "options":
        raise click.UsageError(
            f"{instrument} is of options, which have hundreds of series: "
            f"indextracker export chain {instrument} --output chain.csv"
        )
    if contract is None and kind == "futures":
        contract = "M"
    days = None if on is None else [on]
    frame = lakehouse.bars(instrument, contract, minutes=minutes, sessions=days).in_zone(zone)
    rows = frame.arrow().filter(pc.field("open").is_valid())
    if not rows.num_rows:
        why = frame.missing.arrow()["reason"].to_pylist()
        raise click.ClickException(f"there is nothing to draw: {why[0] if why else 'no trade'}")
    [session] = rows["session_date"].unique().to_pylist()
    title = f"{instrument.upper()} {contract or ''}".strip()
    if place is None:
        place = Path(f"{title.replace(' ', '-').replace('/', '_')}-{session}{ending}")
    title = f"{title}, session {session}, {minutes} minutes, {zone} ({lakehouse.world} data)"
    _write(_drawn(Frame(rows), title), place, ending)
    click.echo(f"{place}: {rows.num_rows} bars of {minutes} minutes", err=True)
    click.echo(f"{lakehouse.world} data: {lakehouse.place}", err=True)


def _drawn(frame: Frame, title: str) -> Any:
    """The figure of plotly."""
    try:
        import plotly.graph_objects as go  # noqa: PLC0415 - draws, and is no part of the reader
        from plotly.subplots import make_subplots  # noqa: PLC0415
    except ModuleNotFoundError:
        raise click.ClickException(
            "plotly, which draws, is not installed: pip install 'indextracker[dashboard]'"
        ) from None
    rows = {name: frame.arrow()[name].to_pylist() for name in frame.columns}
    # Without its zone, so that a browser shows the clock that was asked for and not its own.
    at = [moment.replace(tzinfo=None) for moment in rows["bar_start"]]
    volume = next((name for name in ("contracts", "shares", "ticks") if name in rows), None)
    page = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.03
    )
    prices = {name: rows[name] for name in ("open", "high", "low", "close")}
    page.add_trace(
        go.Candlestick(
            x=at, name="price", increasing_line_color=_UP, decreasing_line_color=_DOWN, **prices
        ),
        row=1,
        col=1,
    )
    if "vwap" in rows:
        page.add_trace(
            go.Scatter(x=at, y=_running(rows, volume), name="vwap since the opening"), row=1, col=1
        )
    if volume:
        bars = go.Bar(x=at, y=rows[volume], name=volume, marker_color=_QUIET)
        page.add_trace(bars, row=2, col=1)
    page.update_layout(
        title=title,
        height=_HEIGHT_PIXELS,
        xaxis_rangeslider_visible=False,
        hovermode="x unified",
    )
    page.update_xaxes(rangebreaks=_breaks(at))
    return page


def _write(page: Any, place: Path, ending: str) -> None:
    aside = place.with_name(f".{place.name}.part")
    try:
        if ending == ".html":
            page.write_html(aside, include_plotlyjs=True, full_html=True)
        else:
            aside.write_bytes(_picture(page, ending.removeprefix(".")))
        aside.replace(place)
    except OSError as error:
        raise click.ClickException(f"{place} cannot be written: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)


def _picture(page: Any, kind: str) -> bytes:
    """What Chromium shows of the figure, as a PNG or an SVG."""
    from kaleido.errors import ChromeNotFoundError  # noqa: PLC0415 - of pictures alone

    try:
        picture: bytes = page.to_image(kind, width=_WIDTH_PIXELS, height=_HEIGHT_PIXELS)
    except RuntimeError as error:
        if not isinstance(error.__context__, ChromeNotFoundError):
            raise
        raise click.ClickException(
            "a picture is taken by Chromium, which is not found: install it (on Debian: apt-get "
            "install chromium), name it in BROWSER_PATH, or write a page that ends in .html"
        ) from None
    return picture


def _breaks(at: Sequence[datetime]) -> list[dict[str, list[datetime]]]:
    """Hours without trading between two bars, as between a night and the day after a weekend."""
    widths = [after - before for before, after in pairwise(at)]
    width = min(widths, default=_PAUSE)
    return [
        {"bounds": [before + width, after]}
        for before, after in pairwise(at)
        if after - before > _PAUSE
    ]


def _running(rows: dict[str, list[Any]], volume: str | None) -> list[float]:
    """The mean price weighted by volume, of all bars up to each."""
    found, turnover, total = [], 0.0, 0
    for vwap, traded in zip(rows["vwap"], rows[volume or "contracts"], strict=True):
        turnover, total = turnover + vwap * traded, total + traded
        found.append(turnover / total)
    return found
