"""The reading of a vendor's prices at a moment.

Indices stand among shares, and prices of earlier sessions among those of the last one: both are
marked, and none is left out.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings import cells
from indextracker.readings.india.values import does_not_fit, fits, number, price, text, unreadable
from indextracker.readings.model import (
    Line,
    Reading,
    Records,
    Rule,
    once,
    quoting,
    repeated,
    unlike,
)
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

_FORM: Final = forms.SNAPSHOT_LINE
_INDIA: Final = ZoneInfo("Asia/Kolkata")
_SUFFIX: Final = ".NS"  # of symbols in the newer form
_PAISE: Final = 2


def is_of(moment: str, session: date) -> bool:
    """Whether a time of a price lies in a session."""
    return moment.casefold().startswith(f"{session:%d-%b-%Y} ".casefold())


def _moment(moment: str) -> datetime:
    return datetime.strptime(moment, forms.SNAPSHOT_MOMENT).replace(tzinfo=_INDIA)


def _is_moment(moment: str) -> bool:
    try:
        _moment(moment)
    except ValueError:
        return False
    return True


def _series(identifier: str, symbol: str) -> str | None:
    """The series in an identifier; nothing where it is the symbol alone.

    Raises:
        ValueError: The identifier is neither.
    """
    if identifier == symbol:
        return None
    series = identifier.removeprefix(symbol).removesuffix("N")
    if identifier != f"{symbol}{series}N" or not re.fullmatch(forms.SERIES, series):
        raise ValueError(identifier)
    return series


def _is_named(line: Line) -> bool:
    try:
        _series(line["identifier"] or "", line["symbol"] or "")
    except ValueError:
        return False
    return True


def _conditions(lines: pa.Table, _: date) -> list[cells.Mask]:
    named = lines.select(["identifier", "symbol"]).to_pylist()
    return [
        cells.holds(
            lines.column("updated_at"),
            lambda moments: pa.array([_is_moment(one) for one in moments.to_pylist()], pa.bool_()),
        ),
        pa.array([_is_named(line) for line in named], pa.bool_()).to_numpy(zero_copy_only=False),
        *(fits(lines.column(cell), form) for cell, form in forms.SNAPSHOT_OPTIONAL.items()),
    ]


SNAPSHOTS = Reading(
    t.NSE_SNAPSHOTS,
    _FORM,
    _conditions,
    (
        *(
            unlike(cell, form, unreadable(cell))
            for cell, form in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
        Rule(
            lambda line, _: not _is_moment(line["updated_at"] or ""),
            quoting(unreadable("updated_at"), "updated_at"),
        ),
        Rule(
            lambda line, _: not _is_named(line),
            quoting("not the symbol with its series", "identifier"),
        ),
        *(does_not_fit(cell, form) for cell, form in forms.SNAPSHOT_OPTIONAL.items()),
    ),
    once(_FORM),
    repeated(_FORM),
)


def prices(lines: pa.Table, session: date) -> pa.Table:
    """The prices at a moment.

    Args:
        lines: The lines that are read.
        session: The session in whose evening they were taken.

    Returns:
        The columns of silver/equity_snapshots but the session.
    """
    named = lines.select(["identifier", "symbol"]).to_pylist()
    moments = lines.column("updated_at").cast(pa.string()).to_pylist()
    levels = ("open", "high", "low", "last", "previous_close", "year_high", "year_low")
    changes = ("percent_change", "percent_change_30_days", "percent_change_365_days")
    alike = [row["identifier"] == row["symbol"] for row in named]
    of_newer = [row["symbol"].endswith(_SUFFIX) for row in named]
    turnover = number(lines.column("turnover"), pa.float64())
    return pa.table(
        {
            "identifier": lines.column("identifier").cast(pa.string()),
            "symbol": pa.array([row["symbol"].removesuffix(_SUFFIX) for row in named], pa.string()),
            "series": pa.array(
                [_series(row["identifier"], row["symbol"]) for row in named], pa.string()
            ),
            **{name: text(lines.column(name)) for name in ("isin", "name", "industry")},
            "is_index": pa.array(
                [same and not newer for same, newer in zip(alike, of_newer, strict=True)],
                pa.bool_(),
            ),
            "is_stale": pa.array([not is_of(moment, session) for moment in moments], pa.bool_()),
            "observed_at": pa.array([_moment(m) for m in moments], pa.timestamp("us", "UTC")),
            **{name: price(lines.column(name)) for name in levels},
            **{name: number(lines.column(name), pa.float64()) for name in changes},
            "shares": number(lines.column("shares"), pa.int64()),
            "turnover_inr": pc.round(turnover, _PAISE).cast(pa.decimal128(20, 2)),
        }
    )


PRICES = Records(silver.EQUITY_SNAPSHOTS, (SNAPSHOTS,), prices)
