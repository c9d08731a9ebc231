"""Local time in Taipei, of columns of text: days, seconds, instants, parts of a session."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from indextracker.readings import cells
from indextracker_catalogue.taiwan.terms import NIGHT_ENDS, UTC_OFFSET_SECONDS

Numbers = NDArray[np.int64]

INSTANT: Final = pa.timestamp("us", "UTC")
EPOCH: Final = date(1970, 1, 1)


def day_numbers(column: pa.ChunkedArray) -> Numbers:
    """Days since 1970-01-01 of dates YYYYMMDD."""

    def of_cells(days: pa.Array) -> pa.Array:
        read = map(date.fromisoformat, days.to_pylist())
        return pa.array([(day - EPOCH).days for day in read], pa.int64())

    return np.asarray(cells.typed(column, of_cells))


def seconds(column: pa.ChunkedArray, *places: int) -> Numbers:
    """Seconds of the day of times that have hours, minutes and seconds at three places."""

    def of_cells(times: pa.Array) -> pa.Array:
        hours, minutes, rest = (
            np.asarray(pc.utf8_slice_codeunits(times, place, place + 2).cast(pa.int64()))
            for place in places
        )
        return pa.array(hours * 3600 + minutes * 60 + rest)

    return np.asarray(cells.typed(column, of_cells))


def instants(days: Numbers | int, seconds: Numbers, microseconds: Numbers | int = 0) -> pa.Array:
    """The instants of so many seconds after local midnight of days, given by their numbers."""
    since = days * 86_400 + seconds - UTC_OFFSET_SECONDS
    return pa.array(since * 1_000_000 + microseconds, pa.int64()).cast(INSTANT)


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def session_parts(days: Numbers, seconds: Numbers, session: date) -> pa.DictionaryArray:
    """The part of a session of trades: night before it, or before the night ends."""
    night_ends = seconds_of(NIGHT_ENDS)
    at_night = (days < number_of(session)) | (seconds < night_ends)
    return pa.DictionaryArray.from_arrays(
        pa.array(at_night.astype(np.int32)), pa.array(["day", "night"])
    )


def seconds_of(clock: str) -> int:
    """Seconds since midnight of HH:MM:SS."""
    hours, minutes, rest = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + rest
