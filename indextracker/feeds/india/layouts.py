"""CSV documents of NSE: columns found by their names, lines split, the date inside compared.

Which documents there are, and what they are called, belongs to the modules of the documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.lines import BLANKS, CELLS, split_lines
from indextracker.feeds.model import Refusal, quote
from indextracker.feeds.readable import refuse_unsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date


@dataclass(frozen=True)
class Layout:
    """The columns of a document.

    Attributes:
        columns: The published name of each bronze column; capitals and blanks do not matter.
        optional: The bronze columns that not every document has; they are null then.
    """

    columns: Mapping[str, str]
    optional: tuple[str, ...] = ()

    def lines(self, body: bytes, document: str) -> pa.Table:
        """Split a document below its header, which is line 1: a row per line that is not blank.

        A comma at the end of all lines is a column without a name. Columns that are not known are
        left out.

        Args:
            body: The document.
            document: Its name, for the reasons of refusals.

        Returns:
            `line`, the cells in the order of `columns`, and `text`.

        Raises:
            Refusal: missing for a header alone, refused for what has other columns or another
                encoding, or does not split.
        """
        checked_text(body, document)
        header, _, _ = body.partition(b"\n")
        names = [_name(cell) for cell in header.decode("utf-8-sig").split(",")]
        places = self._places(names, document)
        cells = [f"cell_{place}" for place in range(len(names))]
        wanted = [cells[place] for place in places.values()]
        lines = split_lines(body, cells, 2, wanted, begin=len(header) + 1)
        if not lines.num_rows:
            raise Refusal("missing", f"{document} has a header and no line")
        refuse_unsplit(lines, document, len(names))
        there = dict(zip(places, lines.columns[1:-1], strict=True))
        nothing = pa.nulls(lines.num_rows, pa.string()).cast(CELLS)
        found = {column: there.get(column, nothing) for column in self.columns}
        return pa.table({"line": lines.column("line"), **found, "text": lines.column("text")})

    def _places(self, names: list[str], document: str) -> dict[str, int]:
        """The place of each bronze column in the header."""
        found = {}
        for column, published in self.columns.items():
            count = names.count(_name(published))
            if count > 1 or (count == 0 and column not in self.optional):
                raise Refusal(
                    "refused",
                    f"{document}, line 1: the column {published} is there {count} times, expected "
                    f"once ({quote(','.join(names))})",
                )
            if count:
                found[column] = names.index(_name(published))
        return found


def _name(cell: str) -> str:
    return " ".join(cell.strip(BLANKS).casefold().split())


def checked_text(body: bytes, document: str) -> None:
    """Refuse what is no text in UTF-8, of which ASCII is a part.

    Raises:
        Refusal: refused, with the line.
    """
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        line = 1 + body.count(b"\n", 0, error.start)
        raise Refusal(
            "refused", f"{document}: line {line} is not in UTF-8 ({error.reason})"
        ) from error


def refuse_cut_off(body: bytes, document: str) -> None:
    """Refuse a text whose last line does not end.

    Raises:
        Refusal: refused, with the line.
    """
    if not body.endswith(b"\n"):
        last = 1 + body.count(b"\n")
        raise Refusal("refused", f"{document} is cut off: line {last}, its last, does not end")


def refuse_other_dates(
    lines: pa.Table, column: str, session: date, is_of: Callable[[str, date], bool], document: str
) -> None:
    """Refuse a document of which no line is of the session: the date inside decides, not the name.

    Args:
        lines: Its lines.
        column: The column of the date.
        session: The session that was asked for.
        is_of: Whether a cell names a session.
        document: Its name, for the reason.

    Raises:
        Refusal: missing, since NSE sends the file of the session before where it has none.
    """
    dates = pc.drop_null(pc.unique(lines.column(column))).to_pylist()
    if not any(is_of(text, session) for text in dates):
        raise Refusal(
            "missing",
            f"{document} holds {quote(dates[0])}, which is sent where there is no document, "
            f"expected {session}",
        )
