"""The commands `strategy …`: runs of strategies over prices, their list, check and comparison.

What is run, and how it is kept, is in `indextracker.strategies`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indextracker_cli import interrupts
from indextracker_cli.arguments import Day
from indextracker_cli.configured import with_settings
from indextracker_cli.interrupts import GOES_ON, NOTHING_CHANGED

if TYPE_CHECKING:
    from indextracker.settings import Settings

_FILLS = ("next_open", "next_close", "close")
_ON = "A collection of price files, or prices of an exchange by their name."
_SET = "A value of a parameter; several, separated by commas, make a grid."


@click.group()
def strategy() -> None:
    """Run strategies over prices, and compare what they would have done."""


@strategy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(NOTHING_CHANGED)
def list_strategies(as_json: bool) -> None:
    """List the strategies that are shipped, with their parameters."""
    from indextracker_cli import strategy_runs  # noqa: PLC0415 - Spark takes a second

    strategy_runs.show_shipped(as_json=as_json)


@strategy.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--on", "universe", required=True, help=_ON)
@click.option("--from", "first", type=Day(), help="First day; by default the first there is.")
@click.option("--to", "last", type=Day(), help="Last day; by default the last there is.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help=_SET)
@click.option("--cash", type=float, help="Money of each account at its first bar.")
@click.option("--cost-bps", type=float, help="Cost of a trade, in hundredths of a percent.")
@click.option("--slippage-bps", type=float, help="How much worse than the bar's price, likewise.")
@click.option("--lot", type=float, help="Shares are traded in multiples of it; 0 for fractions.")
@click.option("--borrow-rate", type=float, help="What borrowing costs a year, such as 0.05.")
@click.option("--fill", type=click.Choice(_FILLS), help="When a decision becomes a trade.")
@click.option(
    "--adjusted",
    is_flag=True,
    help="Multiply prices of files to agree with their adjusted close.",
)
@click.option(
    "--companies",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV file with the columns ticker and sector, for figures by sector.",
)
@click.option(
    "--walk-forward",
    "years",
    type=click.IntRange(1, 100),
    help="Test each year with what was best in so many years before.",
)
@click.option(
    "--to-layer",
    type=click.Choice(["gold", "warehouse", "marts"]),
    default="marts",
    show_default=True,
    help="The last layer to fill.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(GOES_ON)
@with_settings
def run(settings: Settings, /, *, as_json: bool, to_layer: str, **asked: Any) -> int:
    """Run a strategy over prices, and keep what it comes to.

    NAME is a strategy that `strategy list` names, or a FILE of your own: Python that defines one,
    or a select in SQL. What was run before, of the same prices, is found and not run again.

    \b
    indextracker strategy run crossover --on prices --from 2000-01-01 --set fast=20
    indextracker strategy run crossover --on prices --set fast=10,20,50 --set slow=100,200
    indextracker strategy run mine.py --on nse --cost-bps 5 --walk-forward 3
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import strategy_runs  # noqa: PLC0415 - Spark takes a second

    return strategy_runs.run(settings, asked, to_layer, as_json=as_json)


@strategy.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--on", "universe", required=True, help=_ON)
@click.option("--from", "first", type=Day(), help="First day; by default the first there is.")
@click.option("--to", "last", type=Day(), help="Last day; by default the last there is.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A value of a parameter.")
@interrupts.interruptible(NOTHING_CHANGED)
@with_settings
def check(
    settings: Settings,
    *,
    name: str,
    universe: str,
    first: date | None,
    last: date | None,
    given: tuple[str, ...],
) -> int:
    """Check that a strategy uses no prices that came later.

    It is run on histories that end early: what it decided before their end must be the same. Exits
    with 1 where it is not, and names ticker and time.
    """
    from indextracker_cli import strategy_runs  # noqa: PLC0415 - Spark takes a second

    return strategy_runs.check(settings, name, universe, first, last, given)


@strategy.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(NOTHING_CHANGED)
@with_settings
def compare(settings: Settings, *, runs: tuple[str, ...], as_json: bool) -> None:
    """Show the figures of RUNS side by side, and their equity at the end of each year.

    A run is named by its id, or the beginning of it.
    """
    from indextracker_cli import strategy_runs  # noqa: PLC0415 - Arrow takes a second

    strategy_runs.compare(settings, runs, as_json=as_json)
