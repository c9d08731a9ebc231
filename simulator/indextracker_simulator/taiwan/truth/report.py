"""The true tables of the daily report, and of its reconciliation with the trades.

The report's figures are those of daily.py, which made the document; those of the trades are counted
again here, print by print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indextracker_simulator.taiwan.truth.bars import Interval, by_subject
from indextracker_simulator.taiwan.truth.futures import contract_prints, spread_prints
from indextracker_simulator.taiwan.truth.options import prints
from indextracker_simulator.taiwan.truth.tables import SERIES, Row, part_name, series_cells, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from indextracker_simulator.taiwan.daily import Line
    from indextracker_simulator.taiwan.session import Session
    from indextracker_simulator.taiwan.truth import futures, options
    from indextracker_simulator.taiwan.truth.bars import Print

_FIGURES = ("open", "high", "low", "close", "contracts")
_KEY = ("session_date", "session_part", *SERIES)
_DAILY = (*_KEY, *_FIGURES, "settlement_price", "open_interest")
_RECONCILIATION = (
    *_KEY,
    *(f"{side}_{name}" for name in _FIGURES for side in ("official", "computed")),
    "contracts_difference",
    "class",
)


def daily_table(session: Session) -> pa.Table:
    """Return daily_report."""
    return table(session.session_date, _DAILY, (_daily_row(line) for line in _lines(session)))


def reconciliation_table(
    session: Session, trades: list[futures.Event], sides: list[options.Event]
) -> pa.Table:
    """Return reconciliation: every difference is a block that was negotiated."""
    day = session.session_date
    outright = _counted(contract_prints(day, trades))
    spreads = _counted(spread_prints(day, trades))
    pairs = {
        (part, (product, f"{near}/{far}", None, None)): found
        for (part, (product, near, far)), found in spreads.items()
    }
    contracts = {(part, (*key, None, None)): found for (part, key), found in outright.items()}
    known = contracts | pairs | _counted(prints(day, sides), sides_of_contract=2)
    rows = [_reconciled_row(line, known) for line in _lines(session)]
    assert not known, f"traded and not in the report: {list(known)[:3]}"
    return table(day, _RECONCILIATION, rows)


def _lines(session: Session) -> tuple[Line, ...]:
    return (*session.daily_futures, *session.daily_options)


def _daily_row(line: Line) -> Row:
    return {
        **_key(line),
        **_official(line),
        "settlement_price": _points(line.settlement),
        "open_interest": line.open_interest,
    }


def _key(line: Line) -> Row:
    product, expiry, strike, call = line.key
    part = part_name(line.night)
    series = series_cells(strike, call)
    return {"session_part": part, "product": product, "expiry": expiry, **series}


def _official(line: Line) -> Row:
    traded = line.traded
    prices = {name: _points(getattr(traded, name)) for name in _FIGURES[:-1]}
    return {**prices, "contracts": line.contracts}


def _counted(
    printed: Iterable[Print], sides_of_contract: int = 1
) -> dict[tuple[str, tuple[Any, ...]], Row]:
    """Return the figures of each subject and part."""
    counted: dict[tuple[str, tuple[Any, ...]], Row] = {}
    for subject, rows in by_subject(printed).items():
        for part in {row.part for row in rows}:
            interval = Interval.of(row for row in rows if row.part == part)
            contracts = sum(interval.weights) // sides_of_contract + interval.spread_contracts
            counted[part, subject] = {**interval.figures(), "contracts": contracts}
    return counted


def _reconciled_row(line: Line, known: dict[tuple[str, tuple[Any, ...]], Row]) -> Row:
    key = _key(line)
    subject = tuple(key[name] for name in SERIES)
    nothing = {**dict.fromkeys(_FIGURES), "contracts": 0}
    computed = known.pop((key["session_part"], subject), nothing)
    official = _official(line)
    return {
        **key,
        **{f"official_{name}": official[name] for name in _FIGURES},
        **{f"computed_{name}": computed[name] for name in _FIGURES},
        "contracts_difference": line.blocks,
        "class": "block trades" if line.blocks else "equal",
    }


def _points(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / 100
