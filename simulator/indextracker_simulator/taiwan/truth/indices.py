"""The true tables of the index report: levels, bars, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from indextracker_simulator.taiwan.truth.bars import PRICES, Layout, Print, bar_tables
from indextracker_simulator.taiwan.truth.tables import Row, instant, table
from indextracker_simulator.taiwan.walk import CASH_CLOSE, CASH_OPEN, CASH_STEP, local_second

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from indextracker_simulator.taiwan.session import Session

IndexForm = Literal["json", "csv"]

_FIRST_LINE: dict[IndexForm, int] = {"json": 1, "csv": 3}
_LEVELS = ("session_date", "index_name", "observed_at", "level", "is_previous_close", "line")
_BARS = Layout("index", ("index_name",), False, (*PRICES, "ticks"))


def tables(session: Session, form: IndexForm) -> dict[str, pa.Table]:
    """Return index_levels, index_bars and index_sessions."""
    day = session.session_date
    levels = table(day, _LEVELS, _level_rows(session, _FIRST_LINE[form]))
    return {"index_levels": levels} | bar_tables(day, _BARS, _prints(session))


def _level_rows(session: Session, first_line: int) -> Iterable[Row]:
    opening = local_second(session.session_date, CASH_OPEN)
    for step, levels in enumerate(session.index.levels.tolist()):
        for name, level in zip(session.index.names, levels, strict=True):
            yield {
                "index_name": name,
                "observed_at": instant(opening + step * CASH_STEP),
                "level": level / 100,
                "is_previous_close": step == 0,
                "line": first_line + step,
            }


def _prints(session: Session) -> Iterable[Print]:
    opening = local_second(session.session_date, CASH_OPEN)
    close = local_second(session.session_date, CASH_CLOSE)
    # The first row is the close of the session before: no level of this one.
    for step, levels in enumerate(session.index.levels.tolist()[1:], start=1):
        for name, level in zip(session.index.names, levels, strict=True):
            yield Print((name,), "day", opening + step * CASH_STEP, close, level, 1)
