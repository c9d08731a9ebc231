"""What the commands `strategy …` do, and how they show it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.strategies import grids, publishing, storing
from indextracker.strategies.running import Runs, Wish
from indextracker.strategies.storing import Stored
from indextracker.strategies.universes import sectors_of
from indextracker_catalogue.files import gold as g
from indextracker_cli import progress
from indextracker_cli.show import console, grid
from indextracker_cli.writing import need_room, telling_full_disks
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.model import Strategy, Terms

if TYPE_CHECKING:
    import pyarrow as pa

_TERMS = {
    "cash": "cash",
    "cost_bps": "cost_bps",
    "slippage_bps": "slippage_bps",
    "lot": "lot",
    "borrow_rate": "borrow_rate_per_year",
    "fill": "fill",
}
_DIFFERENCES_SHOWN = 10
# Figures that are shares, which people read in percent.
_PERCENT = {"cagr", "volatility", "max_drawdown", "hit_rate", "exposure", "alpha", "tracking_error"}


def show_shipped(*, as_json: bool) -> None:
    """Prints the strategies that are shipped."""
    if as_json:
        click.echo(json.dumps({name: _as_object(one) for name, one in sorted(SHIPPED.items())}))
        return
    for name, one in sorted(SHIPPED.items()):
        click.echo(f"{name}: {one.title}. {one.meaning}")
        for parameter in one.parameters:
            unit = f" {parameter.unit}" if parameter.unit else ""
            click.echo(
                f"  --set {parameter.name}={parameter.default:g}  {parameter.meaning} "
                f"{parameter.low:g} to {parameter.high:g}{unit}."
            )


def run(settings: Settings, asked: Mapping[str, Any], to_layer: str, *, as_json: bool) -> int:
    """Runs a strategy, a grid of it or year after year, and shows the figures.

    Raises:
        click.ClickException: A place cannot be written.
    """
    need_room(settings)
    chosen, digest = strategy_of(asked["name"])
    cells = grids.cells(chosen, grids.tried(asked["given"]))
    given = {field: asked[name] for name, field in _TERMS.items() if asked[name] is not None}
    wish = Wish(
        strategy=chosen,
        universe=asked["universe"],
        first=asked["first"],
        last=asked["last"],
        terms=Terms(**given),
        source_digest=digest,
        adjusted=asked["adjusted"],
        sectors=None if asked["companies"] is None else sectors_of(asked["companies"]),
    )
    platform = Platform(settings)
    platform.progress = stages = progress.shown(quiet=as_json)
    try:
        with telling_full_disks(settings):
            runs = Runs(platform)
            if asked["years"]:
                made = runs.walk_forward(wish, cells, asked["years"])
            elif len(cells) > 1:
                made = runs.grid(wish, cells)
            else:
                stages.begin(f"running {chosen.name} on {wish.universe}")
                made = runs.run(wish, cells[0])
            if to_layer != "gold":
                publishing.publish(platform, publishing.with_parts(platform.lake, made), to_layer)
    finally:
        stages.stop()
        platform.close()
    show(platform, [made], as_json=as_json)
    return 0


def check(
    settings: Settings,
    name: str,
    universe: str,
    first: date | None,
    last: date | None,
    given: Sequence[str],
) -> int:
    """Says whether a strategy looks ahead; 1 where it does.

    Raises:
        click.ClickException: Several values of a parameter are given.
    """
    from indextracker_spark.strategies.truncation import looks_ahead  # noqa: PLC0415 - numpy

    chosen, _ = strategy_of(name)
    cells = grids.cells(chosen, grids.tried(given))
    if len(cells) > 1:
        raise click.ClickException("a check is of one value of each parameter")
    platform = Platform(settings)
    try:
        runs = Runs(platform)
        prices = runs.prices(Wish(chosen, universe, first, last), cells[0])
        with runs.session(f"the check of {chosen.name}") as spark:
            found = looks_ahead(prices.frame(spark), chosen, cells[0])
    finally:
        platform.close()
    if not found:
        click.echo(f"{chosen.name} decides the same whatever comes later")
        return 0
    click.echo(f"{chosen.name} looks ahead: it decides otherwise where later prices are others")
    for one in found[:_DIFFERENCES_SHOWN]:
        click.echo(f"  {one}")
    if len(found) > _DIFFERENCES_SHOWN:
        click.echo(f"  and {len(found) - _DIFFERENCES_SHOWN} more")
    return 1


def compare(settings: Settings, asked: Sequence[str], *, as_json: bool) -> None:
    """Prints figures of runs side by side, and their equity at the end of each year."""
    platform = Platform(settings)
    found = [storing.named(platform.lake, one) for one in asked]
    show(platform, found, as_json=as_json)


def strategy_of(name: str) -> tuple[Strategy, str | None]:
    """A strategy by its name, or from a file with the digest of it.

    Raises:
        click.ClickException: There is none.
    """
    from indextracker.reader.names import meant  # noqa: PLC0415
    from indextracker.strategies import own  # noqa: PLC0415

    if name in SHIPPED:
        return SHIPPED[name], None
    if own.is_own(name):
        return own.load(Path(name)), own.source_digest(Path(name))
    raise click.ClickException(
        f"there is no strategy {name!r}{meant(name, SHIPPED)} (a file of your own ends in .py or "
        ".sql)"
    )


def show(platform: Platform, runs: Sequence[Stored], *, as_json: bool) -> None:
    """Prints runs, a column each."""
    ids = [run.run_id for run in runs]
    figures = storing.read(platform.lake, g.STRATEGY_FIGURES, ids).to_pylist()
    equity = storing.read(
        platform.lake,
        g.STRATEGY_EQUITY,
        ids,
        "run_id, bar_at, equity",
    )
    if as_json:
        click.echo(json.dumps(_object_of(runs, figures, equity), default=str))
        return
    of_run = {row["run_id"]: row for row in figures if row["scope"] == g.OF_RUN}
    names = [c for c in g.STRATEGY_FIGURES.column_names if c not in ("run_id", "scope", "name")]
    told = ("kind", "strategy", "parameters", "universe", "first_date", "last_date")
    lines = [(name, *(str(run.row[name]) for run in runs)) for name in told]
    lines += [
        (name, *(_figure(name, of_run.get(run_id, {}).get(name)) for run_id in ids))
        for name in names
    ]
    ends = _year_ends(equity)
    years = sorted({year for of in ends.values() for year in of})
    lines += [
        (f"equity {year}", *(_number(ends.get(run_id, {}).get(year)) for run_id in ids))
        for year in years
    ]
    console().print(grid("", ("run", *ids), lines))


def _object_of(
    runs: Sequence[Stored], figures: Sequence[Mapping[str, Any]], equity: pa.Table
) -> dict[str, Any]:
    ends = _year_ends(equity)
    found = {}
    for run in runs:
        row = dict(run.row)
        for name in ("parameters", "terms", "reads"):
            row[name] = json.loads(row[name])
        own = [dict(one) for one in figures if one["run_id"] == run.run_id]
        for one in own:
            del one["run_id"]
        found[run.run_id] = {
            **row,
            "figures": own,
            "equity": {str(year): value for year, value in ends.get(run.run_id, {}).items()},
        }
    return {"runs": found}


def _year_ends(equity: pa.Table) -> dict[str, dict[int, float]]:
    """The equity of each run at the last bar of each year."""
    found: dict[str, dict[int, float]] = {}
    for row in equity.to_pylist():
        found.setdefault(row["run_id"], {})[row["bar_at"].year] = row["equity"]
    return found


def _figure(name: str, value: float | None) -> str:
    return f"{value:.2%}" if name in _PERCENT and value is not None else _number(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _as_object(one: Strategy) -> dict[str, Any]:
    return {
        "title": one.title,
        "meaning": one.meaning,
        "sizing": one.sizing,
        "accounts": "ticker" if one.by == "ticker" else "portfolio",
        "fill": one.fill,
        "parameters": {
            parameter.name: {
                "default": parameter.default,
                "low": parameter.low,
                "high": parameter.high,
                "unit": parameter.unit,
                "meaning": parameter.meaning,
            }
            for parameter in one.parameters
        },
    }
