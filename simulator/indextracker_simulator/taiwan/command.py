"""What the command line says of the simulated exchange of Taiwan."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.futures import ROWS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import datetime


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add its options."""
    parser.add_argument("--volume", choices=list(ROWS), default="demo", help="rows a session")
    parser.add_argument(
        "--window",
        type=int,
        metavar="N",
        help="list and keep N sessions of tick files; default: all",
    )
    parser.add_argument(
        "--typhoon",
        type=date.fromisoformat,
        action="append",
        default=[],
        metavar="DATE",
        help="call this session off; may be repeated",
    )
    etf = parser.add_mutually_exclusive_group()
    etf.add_argument("--etf-token", metavar="TOKEN", help="grant ETF trades to its bearer alone")
    etf.add_argument(
        "--no-etf",
        action="store_const",
        dest="etf_token",
        const="",
        help="grant ETF trades to nobody; default: to everybody",
    )
    parser.add_argument(
        "--enforce-rates", action="store_true", help="keep out those who ask too fast or too much"
    )


def exchange(options: argparse.Namespace, clock: Callable[[], datetime]) -> Exchange:
    """Return the exchange that the options describe.

    Raises:
        ValueError: One of the typhoons' days is no session.
    """
    return Exchange(
        seed=options.seed,
        volume=options.volume,
        clock=clock,
        typhoons=options.typhoon,
        window=options.window,
        etf_token=options.etf_token,
        enforce_rates=options.enforce_rates,
    )
