"""Lines of a tick file that nobody can read: the exchange's occasional slips.

They stand among the lines of the session's tape and belong to no trade: no bar, no control total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from indextracker_simulator.walk import generator

if TYPE_CHECKING:
    from datetime import date

    from indextracker_simulator.futures import Tape

Reason = Literal["cells", "expiry", "price", "volume"]


@dataclass(frozen=True)
class UnreadableLine:
    """A line that is no trade.

    Attributes:
        before: Number of the tape's rows that stand before it.
        text: The line as published, without its line ending.
        reason: What is wrong with it: too few cells, an expiry of another form, a price that is
            no number, or a volume that cannot be both sides of whole contracts.
    """

    before: int
    text: str
    reason: Reason


def unreadable_lines(seed: int, session: date, tape: Tape) -> tuple[UnreadableLine, ...]:
    """Return the unreadable lines of one session, among the rows of TX."""
    rows = np.flatnonzero(tape.product == "TX")
    near, far = tape.near[rows[0]], tape.near[rows[-1]]
    start = f"{session:%Y%m%d},TX     ,"
    slips: list[tuple[Reason, str]] = [
        ("cells", f"{start}{near}     ,101500,17000"),
        ("expiry", f"{start}{near}X1     ,101501,17001,2,-,-, "),
        ("price", f"{start}{near}     ,101502,n/a,2,-,-, "),
        ("volume", f"{start}{near}     ,101503,17003,3,-,-, "),
        ("volume", f"{start}{near}/{far},101504,5,6,17004,17009, "),
    ]
    places = generator(seed, session, "unreadable").choice(rows, len(slips), replace=False)
    return tuple(
        UnreadableLine(int(place), text, reason)
        for place, (reason, text) in zip(np.sort(places), slips, strict=True)
    )
