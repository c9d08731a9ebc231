"""Answers as Excel workbooks: one sheet, whose name says in which zone its times are."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indextracker.lake.questions import Answer

# A sheet has 1,048,576 rows, one of them with the names.
MOST_ROWS = 1_048_575
_FORMS = {datetime: "yyyy-mm-dd hh:mm:ss.000", date: "yyyy-mm-dd"}


def write_xlsx(answer: Answer, path: Path) -> int:
    """Writes a workbook; numbers are numbers, a text is never taken for a formula or a link.

    Excel knows no zones: times are written as the clock of theirs shows them, which the sheet's
    name tells.

    Returns:
        The number of rows.

    Raises:
        click.ClickException: A sheet has no room for the rows.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - for who writes one alone

    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    number = 0
    with Workbook(str(path), plain | {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet(_name(answer.schema))
        forms = {kind: book.add_format({"num_format": form}) for kind, form in _FORMS.items()}
        sheet.write_row(0, 0, answer.schema.names, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for batch in answer.batches:
            if number + batch.num_rows > MOST_ROWS:
                raise click.ClickException(
                    f"a sheet of Excel has room for {MOST_ROWS:,} rows: ask for a shorter span, or "
                    "write .parquet or .csv"
                )
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                for place, value in enumerate(row):
                    cell = _cell(value)
                    if cell is not None:
                        sheet.write(number, place, cell, forms.get(type(cell)))
    return number


def _name(schema: pa.Schema) -> str:
    zones = {field.type.tz or "UTC" for field in schema if pa.types.is_timestamp(field.type)}
    return f"times in {' and '.join(sorted(zones))}".replace("/", " ")[:31] if zones else "rows"


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | date | str):
        return value
    return str(value)
