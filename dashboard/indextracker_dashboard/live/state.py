"""What an address of the page Live says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from indextracker_dashboard.state import State

PATH = "/live"
SCALES = {"1": "1 min", "5": "5 min", "15": "15 min", "30": "30 min", "60": "1 hour"}
MOST_WATCHED = 50


@dataclass(frozen=True)
class LiveState(State):
    """What is shown.

    Attributes:
        watch: The symbols whose quotes are shown; those with most quotes by default.
        symbol: The one whose candles are drawn; the first of the others by default.
        scale: Minutes of a bar.
        zone: Whose clock the times are of.
    """

    watch: Annotated[tuple[str, ...], Field(max_length=MOST_WATCHED)] = ()
    symbol: str = ""
    scale: Literal["1", "5", "15", "30", "60"] = "1"
    zone: Literal["viewer", "utc"] = "viewer"
