"""What the command line says of the simulated exchange of India."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from indextracker_simulator.india.exchange import DEFAULT_INSTRUMENTS, Exchange

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import datetime


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add its options."""
    parser.add_argument(
        "--instruments",
        type=int,
        default=DEFAULT_INSTRUMENTS,
        metavar="N",
        help=f"instruments of India's exchange; default: {DEFAULT_INSTRUMENTS}",
    )
    parser.add_argument(
        "--closed",
        type=date.fromisoformat,
        action="append",
        default=[],
        metavar="DATE",
        help="call this session of India's exchange off; may be repeated",
    )


def exchange(options: argparse.Namespace, clock: Callable[[], datetime]) -> Exchange:
    """Return the exchange that the options describe.

    Raises:
        ValueError: One of the closed days is no session.
    """
    return Exchange(
        seed=options.seed, size=options.instruments, called_off=options.closed, clock=clock
    )
