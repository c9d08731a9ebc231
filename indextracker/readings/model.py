"""What a reading is: the form of a line, the rules beyond it, and the facts that it gives."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, reduce
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker_catalogue import Table
from indextracker_catalogue.job import Job

if TYPE_CHECKING:
    from indextracker_catalogue.line_form import LineForm

# The cells of one line, by column; null where the line did not split, or a document leaves one out.
Line = Mapping[str, str | None]

NO_CELLS: Final = "the line does not split into its cells"


@dataclass(frozen=True)
class Rule:
    """Why a line that is not read is not: the first rule of a reading that it breaks says it.

    Attributes:
        broken: Whether a line of a session breaks it.
        sentence: What is told of it.
    """

    broken: Callable[[Line, date], bool]
    sentence: Callable[[Line], str]


def unlike(cell: str, form: str, what: str) -> Rule:
    """The rule that a cell has a form; `what` says what it is not."""

    def broken(line: Line, _: date) -> bool:
        return not of_form(line, cell, form)

    return Rule(broken, quoting(what, cell))


def of_form(line: Line, cell: str, form: str) -> bool:
    """Whether a cell is there and has a form."""
    text = line[cell]
    return text is not None and re.fullmatch(form, text) is not None


def quoting(what: str, cell: str) -> Callable[[Line], str]:
    """A sentence that ends with the contents of a cell."""

    def sentence(line: Line) -> str:
        text = line[cell]
        return f"{what}: {'nothing' if text is None else text}"

    return sentence


# Of lines that are well by themselves, those that stay so among the others.
Among = Callable[[Mask, pa.Table], Mask]


@dataclass(frozen=True, eq=False)
class Reading:
    """How the lines of a document are read.

    Attributes:
        table: The bronze table of the lines.
        form: What a line that is read looks like.
        conditions: What is asked of a line beyond its form, for all lines at once.
        rules: What a line that is not read may break, the likeliest cause first.
        among: What lines do to each other.
        left_out: What is told of a line that others left out.
        printed: The cells in the order of the document; that of the bronze table where it is equal.
    """

    table: Table
    form: LineForm
    conditions: Callable[[pa.Table, date], Sequence[Mask]] = lambda *_: ()
    rules: tuple[Rule, ...] = ()
    among: Among | None = None
    left_out: str = ""
    printed: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns that hold cells of the document."""
        around = (self.table.key_column, "line", "text", "document")
        return tuple(name for name in self.table.column_names if name not in around)

    def judge(self, lines: pa.Table, session: date) -> pa.Array:
        """Whether each line is read; all others are rejects.

        Args:
            lines: The lines of a document, `line`, the cells and `text`; strings may be encoded.
            session: The session that it is of.
        """
        return pa.array(self._judged(lines, session)[1])

    def rejects(self, lines: pa.Table, session: date) -> pa.Table:
        """The lines that are not read: `line`, `document`, `text` (cells joined) and `reason`."""
        alone, well = self._judged(lines, session)
        places = np.flatnonzero(~well)
        rows = lines.take(pa.array(places)).to_pylist()
        return pa.table(
            {
                "line": pa.array([row["line"] for row in rows], pa.int64()),
                "document": pa.array([row["document"] for row in rows], pa.string()),
                "text": pa.array([self._text(row) for row in rows], pa.string()),
                "reason": pa.array(
                    [
                        self._reason(row, session, left_out=bool(alone[place]))
                        for place, row in zip(places, rows, strict=True)
                    ],
                    pa.string(),
                ),
            }
        )

    def _judged(self, lines: pa.Table, session: date) -> tuple[Mask, Mask]:
        """Which lines are well by themselves, and which of them among the others."""
        alone = reduce(
            np.logical_and, [_of_kinds(self.form, lines), *self.conditions(lines, session)]
        )
        return alone, self.among(alone, lines) if self.among else alone

    def _text(self, row: Line) -> str:
        if row["text"] is not None:
            return row["text"]
        found = (row[cell] for cell in self.printed or self.cells)
        return ",".join(cell for cell in found if cell is not None)

    def _reason(self, row: Line, session: date, *, left_out: bool) -> str:
        if row["text"] is not None:
            return NO_CELLS
        if left_out:
            return self.left_out
        for rule in self.rules:
            if rule.broken(row, session):
                return rule.sentence(row)
        return "unreadable"


@dataclass(frozen=True, eq=False)
class Filling(Job, ABC):
    """A job that makes the rows of a key from the lines of its documents.

    Attributes:
        writes: The table filled.
        readings: How the lines of each document are read.
        others: Further tables that it needs, all of them in one piece.
        slice_values: The slice that it writes.
        inputs: The tables of the lines, and the others.
    """

    writes: Table
    readings: tuple[Reading, ...]
    others: tuple[Table, ...] = field(default=(), kw_only=True)
    slice_values: dict[str, str] = field(default_factory=dict, kw_only=True)
    inputs: tuple[Table, ...] = field(init=False)

    def __post_init__(self) -> None:
        read = (reading.table for reading in self.readings)
        object.__setattr__(self, "inputs", (*read, *self.others))
        super().__post_init__()

    def of(self, documents: Sequence[pa.Table], session: date, *others: pa.Table) -> pa.Table:
        """The rows of the table.

        Args:
            documents: The lines of a document for each reading; without a row where there is none.
                Strings may be encoded.
            session: The session that they are of; of another time line, the day or the instant.
            *others: The rows of the other tables.
        """
        rows = self._made(documents, session, *others)
        same = {self.writes.key_column: session, **self.slice_of(self.writes)}
        for name, value in same.items():
            rows = rows.append_column(name, pa.repeat(pa.scalar(value), len(rows)))
        return rows.select(self.writes.column_names)

    @abstractmethod
    def _made(self, documents: Sequence[pa.Table], session: date, *others: pa.Table) -> pa.Table:
        """All columns but those of the key and the slice."""


@dataclass(frozen=True, eq=False)
class Records(Filling):
    """The facts that lines give.

    Attributes:
        typed: Takes the lines that are read of each document, the session, and the other tables.
            It gives all columns of the table but those of the key and the slice; it may leave lines
            out.
    """

    typed: Callable[..., pa.Table]

    def _made(self, documents: Sequence[pa.Table], session: date, *others: pa.Table) -> pa.Table:
        pairs = zip(self.readings, documents, strict=True)
        # Of several documents most are not there, of which to judge nothing takes a millisecond.
        read = (
            lines.filter(reading.judge(lines, session)) if lines.num_rows else lines
            for reading, lines in pairs
        )
        return self.typed(*read, session, *others)


class Rejects(Filling):
    """The lines of all documents that are not read, with their reasons."""

    def _made(self, documents: Sequence[pa.Table], session: date, *_: pa.Table) -> pa.Table:
        found = []
        pairs = [*zip(self.readings, documents, strict=True)]
        for reading, lines in [pair for pair in pairs if pair[1].num_rows] or pairs[:1]:
            rows = reading.rejects(lines, session)
            # A feed has the name of its bronze table.
            feed = pa.repeat(pa.scalar(reading.table.name), len(rows))
            found.append(rows.append_column("feed", feed))
        return pa.concat_tables(found)


def once(form: LineForm) -> Among:
    """Keeps the first of the lines that share what no two lines of a document may share."""

    def first(well: Mask, lines: pa.Table) -> Mask:
        own = lines.filter(pa.array(well))
        meanings = {"strike": cells.plain}
        keys = ((own.column(name), meanings.get(name)) for name in form.once)
        return cells.first_of(well, cells.groups(keys)) if own.num_rows else well

    return first


def repeated(form: LineForm) -> str:
    """What is told of a line that repeats one before it."""
    what = " and ".join(name.replace("_", " ") for name in form.once)
    return f"a line before has the same {what}"


def _of_kinds(form: LineForm, lines: pa.Table) -> Mask:
    """Whether the cells of each line are all of one kind."""

    @cache
    def matched(cell: str, pattern: str) -> Mask:
        return cells.match(lines.column(cell), pattern)

    kinds = (reduce(np.logical_and, map(matched, form.cells, kind)) for kind in form.kinds)
    return reduce(np.logical_or, kinds)
