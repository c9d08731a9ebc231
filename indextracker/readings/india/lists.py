"""The readings of NSE's lists of the day: renamings, listed shares, members of an index.

Which securities are one instrument through all of them is decided in silver/instruments.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from indextracker.readings.india.values import are_days, days, no_day, text, unreadable
from indextracker.readings.model import Reading, Records, Rule, once, repeated, unlike
from indextracker_catalogue import Table
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver
from indextracker_catalogue.line_form import LineForm


def _reading(table: Table, form: LineForm, *dates: str, printed: tuple[str, ...] = ()) -> Reading:
    """The reading of a list: the form of a line, days that exist, and no line twice."""
    cells: tuple[Rule, ...] = tuple(
        unlike(cell, kind, unreadable(cell))
        for cell, kind in zip(form.cells, form.kinds[0], strict=True)
    )
    return Reading(
        table,
        form,
        lambda lines, _: [are_days(lines.column(cell)) for cell in dates],
        (*cells, *map(no_day, dates)),
        once(form),
        repeated(form),
        printed,
    )


SYMBOL_CHANGES = _reading(t.NSE_SYMBOL_CHANGES, forms.SYMBOL_CHANGE_LINE, "changed_on")
LISTED = _reading(t.NSE_LISTED, forms.LISTED_LINE, "listed_on", printed=forms.LISTED_PRINTED)
INDEX_MEMBERS = _reading(
    t.NSE_INDEX_MEMBERS, forms.INDEX_MEMBER_LINE, printed=forms.INDEX_MEMBER_PRINTED
)


def symbol_changes(lines: pa.Table, _: date) -> pa.Table:
    """The renamings: the columns of silver/symbol_changes but the session.

    Args:
        lines: The lines that are read.
        _: The session.
    """
    return pa.table(
        {
            "old_symbol": text(lines.column("old_symbol")),
            "new_symbol": text(lines.column("new_symbol")),
            "changed_on": days(lines.column("changed_on")),
            "name": text(lines.column("security_name")),
        }
    )


def listed_securities(lines: pa.Table, _: date) -> pa.Table:
    """The listed shares: the columns of silver/listed_securities but the session.

    Args:
        lines: The lines that are read.
        _: The session.
    """
    return pa.table({**_named(lines), "listed_on": days(lines.column("listed_on"))})


def index_members(lines: pa.Table, _: date) -> pa.Table:
    """The members: the columns of silver/index_members but the session.

    Args:
        lines: The lines that are read.
        _: The session.
    """
    return pa.table({**_named(lines), "industry": text(lines.column("industry"))})


def _named(lines: pa.Table) -> dict[str, pa.Array]:
    """What both lists of securities tell of each."""
    same = ("symbol", "series", "isin")
    return {
        **{name: text(lines.column(name)) for name in same},
        "name": text(lines.column("security_name")),
    }


RENAMED = Records(silver.SYMBOL_CHANGES, (SYMBOL_CHANGES,), symbol_changes)
LISTINGS = Records(silver.LISTED_SECURITIES, (LISTED,), listed_securities)
MEMBERS = Records(silver.INDEX_MEMBERS, (INDEX_MEMBERS,), index_members)
