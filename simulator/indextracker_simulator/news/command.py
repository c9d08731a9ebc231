"""What the command line says of the simulated publishers of news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india.command import exchange as india
from indextracker_simulator.news.newsroom import Newsroom

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import datetime


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add their options."""
    parser.add_argument(
        "--news-requests",
        type=int,
        metavar="N",
        help="answer so many requests for articles a day; default: any number",
    )


def exchange(options: argparse.Namespace, clock: Callable[[], datetime]) -> Newsroom:
    """Return the publishers that the options describe, of news of India's companies."""
    return Newsroom(exchange=india(options, clock), requests_a_day=options.news_requests)
