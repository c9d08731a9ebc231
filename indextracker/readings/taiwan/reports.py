"""Readings of reports: index levels, control totals, and the exchange's own daily figures.

The control totals are read for their rejects: audits compare them where they lie.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings import cells
from indextracker.readings.cells import Mask
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
from indextracker.readings.taiwan import clock
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.line_form import LineForm
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.forms import (
    CALL,
    COUNT,
    DAY_PART,
    EXPIRY,
    NIGHT_PART,
    PRICE_OR_ZERO,
    PUT,
    STRIKE,
)
from indextracker_catalogue.taiwan.terms import PREVIOUS_CLOSE_ROW

PRICES: Final = ("open", "high", "low", "close")

TOTALS = Reading(
    t.TAIFEX_VOLUME_TOTALS,
    forms.TOTALS_LINE,
    rules=(
        unlike("spread_volume", COUNT, "unreadable volume"),
        unlike("total_volume", COUNT, "unreadable volume"),
    ),
)

INDEX = Reading(
    t.TWSE_INDEX,
    forms.INDEX_LINE,
    rules=(
        unlike("time", forms.CLOCK, "unreadable time"),
        unlike("level", forms.LEVEL, "unreadable level"),
    ),
    among=once(forms.INDEX_LINE),
    left_out=repeated(forms.INDEX_LINE),
)


def _dates(session: date) -> list[str]:
    return [session.strftime(form) for form in forms.REPORT_DATES.values()]


def _of_session(lines: pa.Table, session: date) -> list[Mask]:
    own = pa.array(_dates(session))
    return [cells.holds(lines.column("report_date"), lambda dates: pc.is_in(dates, own))]


def _prices(line: Line) -> str:
    found = (line[name] for name in PRICES)
    return "unreadable price among " + ", ".join(cell for cell in found if cell is not None)


def _reported(table: Table, form: LineForm, expiry: str, *series: Rule) -> Reading:
    return Reading(
        table,
        form,
        _of_session,
        (
            Rule(
                lambda line, session: line["report_date"] not in _dates(session),
                quoting("date of another session", "report_date"),
            ),
            Rule(lambda line, _: line["product"] == "", lambda _: "no product"),
            unlike("expiry", expiry, "unreadable expiry"),
            *series,
            unlike("trading_session", f"({DAY_PART}|{NIGHT_PART})", "unknown trading session"),
            unlike("volume", COUNT, "unreadable volume"),
            unlike("settlement_price", f"({PRICE_OR_ZERO}|-)", "unreadable settlement price"),
            unlike("open_interest", f"({COUNT}|-)", "unreadable open interest"),
            Rule(lambda *_: True, _prices),
        ),
        once(form),
        repeated(form),
    )


DAILY_FUTURES = _reported(
    t.TAIFEX_DAILY_FUTURES, forms.REPORTED_FUTURES_LINE, f"{EXPIRY}(/{EXPIRY})?"
)
DAILY_OPTIONS = _reported(
    t.TAIFEX_DAILY_OPTIONS,
    forms.REPORTED_OPTIONS_LINE,
    EXPIRY,
    unlike("strike", STRIKE, "unreadable strike"),
    unlike("option_type", f"({CALL}|{PUT})", "unreadable option type"),
)


def _levels(lines: pa.Table, session: date, indices: pa.Table) -> pa.Table:
    """Levels of all indices of the report; a name without an id is its own."""
    ids = dict(zip(indices["index_name"].to_pylist(), indices["index_id"].to_pylist(), strict=True))

    def level(texts: pa.Array) -> pa.Array:
        return pc.replace_substring(texts, ",", "").cast(pa.float64())

    times = lines.column("time")
    return pa.table(
        {
            "index_id": cells.replaced(lines.column("index_name"), ids),
            "observed_at": clock.instants(clock.number_of(session), clock.seconds(times, 0, 3, 6)),
            "level": cells.typed(lines.column("level"), level),
            "is_previous_close": cells.typed(times, lambda at: pc.equal(at, PREVIOUS_CLOSE_ROW)),
            "line": lines.column("line"),
        }
    )


def _figures(lines: pa.Table, _: date) -> pa.Table:
    """The exchange's own figures of a contract and part of the session."""
    of_options = "strike" in lines.column_names
    nothing = pa.nulls(lines.num_rows)
    return pa.table(
        {
            "session_part": cells.replaced(
                lines.column("trading_session"), {DAY_PART: "day", NIGHT_PART: "night"}
            ),
            "product": lines.column("product"),
            "expiry": lines.column("expiry"),
            "strike": cells.numbers(lines.column("strike"), pa.decimal128(12, 4))
            if of_options
            else nothing.cast(pa.decimal128(12, 4)),
            "option_type": cells.replaced(lines.column("option_type"), {CALL: "C", PUT: "P"})
            if of_options
            else nothing.cast(pa.string()),
            **{name: cells.numbers(lines.column(name), pa.float64()) for name in PRICES},
            "contracts": cells.numbers(lines.column("volume"), pa.int64()),
            "settlement_price": cells.numbers(lines.column("settlement_price"), pa.float64()),
            "open_interest": cells.numbers(lines.column("open_interest"), pa.int64()),
        }
    )


INDEX_LEVELS = Records(t.INDEX_LEVELS, (INDEX,), _levels, others=(t.INDICES,))
FUTURES_REPORT = Records(
    t.DAILY_REPORT, (DAILY_FUTURES,), _figures, slice_values={"instrument": t.FUTURES}
)
OPTIONS_REPORT = Records(
    t.DAILY_REPORT, (DAILY_OPTIONS,), _figures, slice_values={"instrument": t.OPTIONS}
)
