"""What an exchange publishes of a product: its underlying, its hours, the rule of its expiries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pyarrow.compute as pc

from indextracker import calendars
from indextracker.reader.model import Kind
from indextracker.reader.tables import Tables


@dataclass(frozen=True)
class Terms:
    """Terms of a product as they held on a day.

    Attributes:
        underlying: Name of the underlying; the id of an index where it is one of the lake's.
        expiry_rule: Name of the rule that dates its expiries.
        zone: The exchange's zone.
        day_close: When the day part closes, on the exchange's clock.
        last_day_close: Likewise on a contract's last trading day.
        night_open: When the night part opens, which is of the session after; None without a night.
    """

    underlying: str
    expiry_rule: str
    zone: ZoneInfo
    day_close: time
    last_day_close: time
    night_open: time | None

    def is_evening(self, moment: datetime) -> bool:
        """Whether an instant lies in the night that a day ends with."""
        clock = moment.astimezone(self.zone).time()
        return self.night_open is not None and clock >= self.night_open

    def closes(self, session: date, last_day: date | None) -> datetime:
        """The close of a session of the contract that trades for the last time on a day."""
        clock = self.last_day_close if session == last_day else self.day_close
        return datetime.combine(session, clock, self.zone)


def terms_of(tables: Tables, kind: Kind, name: str, day: date) -> Terms:
    """The terms of a product on a day.

    Raises:
        ValueError: It has no published terms then.
    """
    rows = []
    if kind.terms is not None:
        found = tables.read(kind.terms, None, pc.field(kind.instrument) == name)
        rows = [
            row
            for row in found.to_pylist()
            if (row["valid_from"] or date.min) <= day <= (row["valid_to"] or date.max)
        ]
    if not rows:
        raise ValueError(f"no terms of {name} are published that held on {day}")
    [row] = rows
    return Terms(
        row["underlying"],
        row["expiry_rule"],
        calendars.zone(kind.bars.timeline),
        time.fromisoformat(row["day_close"]),
        time.fromisoformat(row["last_day_close"]),
        None if row["night_open"] is None else time.fromisoformat(row["night_open"]),
    )
