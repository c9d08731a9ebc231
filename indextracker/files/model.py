"""What the steps of detection hand to each other: contents, tables, findings and questions.

Values alone: how any of them is found stands in the module of its step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

# Largest text that is read as a whole; of a longer one the head, the middle and the tail are.
WHOLE_BYTES = 4 * 2**20
# Largest workbook, which cannot be read in parts.
WORKBOOK_BYTES = 8 * 2**20
# Each of the samples of a longer content.
PART_BYTES = 2**18
# The longest line, in letters.
LONGEST_LINE = 2**20
# Most columns of a table: a matrix of every share of the world has fewer.
MOST_COLUMNS = 20_000

# Controls, what ends or turns a line, and bytes of a name that are no UTF-8, as Python has them.
_UNWRITTEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class RefusedFileError(Exception):
    """A file, or a part of it, that is not read; the message says why."""


def written_name(name: str) -> str:
    """A file's name as it is stored and shown.

    Raises:
        RefusedFileError: It holds what is no text, or what a terminal obeys.
    """
    if _UNWRITTEN.search(name):
        raise RefusedFileError(f"its name {name!a} cannot be stored: give it another one")
    return name


@dataclass(frozen=True)
class Content:
    """One document: a file, or a member of an archive.

    `parts` are its bytes: one if it was read as a whole, else head, middle and tail, of which the
    last two begin and end anywhere. `size` and `sha256` are those of the whole document; the
    digest of one that was not read as a whole is missing. A typed file, such as Parquet, has no
    parts: it is read in place, at `path`.
    """

    name: str
    container: str | None
    parts: tuple[bytes, ...]
    size: int
    sha256: str | None
    path: Path | None = None

    @property
    def whole(self) -> bool:
        """Whether `parts` are all of it."""
        return len(self.parts) == 1


@dataclass(frozen=True)
class Row:
    """A record of a table: the line on which it begins, from 1, and its text and cells."""

    line: int
    text: str
    cells: list[str]

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        if self.text:
            return not self.text.strip(' \t\r,;|"')
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """Rows below their header, as text.

    `types` are those of a typed container by column; `sheet` is the name of a sheet. Rows of a
    content that was not read as a whole are samples: `whole` is false, and lines are counted in
    the head alone. `names` is the line of the header that names the columns.
    """

    before: tuple[str, ...]
    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    width: int
    delimiter: str | None
    types: tuple[str, ...] | None = None
    sheet: str | None = None
    whole: bool = True
    all_quoted: bool = False
    names: int = 0

    def name_of(self, index: int) -> str | None:
        """The name of a column in the header's line of names; none where there is none."""
        if not self.header or index >= len(self.header[self.names].cells):
            return None
        return self.header[self.names].cells[index].strip()

    def column(self, index: int) -> list[str]:
        """The cells of a column, blanks trimmed; rows that are too short have an empty one."""
        return [row.cells[index].strip() if index < len(row.cells) else "" for row in self.rows]


class Role(StrEnum):
    """What a column holds."""

    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    EPOCH = "epoch"
    TICKER = "ticker"
    SYMBOL = "symbol"
    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    ADJ_OPEN = "adj_open"
    ADJ_HIGH = "adj_high"
    ADJ_LOW = "adj_low"
    ADJ_CLOSE = "adj_close"
    ADJ_VOLUME = "adj_volume"
    VOLUME = "volume"
    OPEN_INTEREST = "open_interest"
    SETTLE = "settle"
    LAST = "last"
    BID = "bid"
    ASK = "ask"
    INSTRUMENT = "price of the instrument named in the header"
    OTHER = "other"


@dataclass(frozen=True)
class Column:
    """A column, with the header's word, the role it was found to have and why."""

    index: int
    header: str | None
    role: Role
    meaning: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class Question:
    """What the data cannot decide, for a person: a sentence, and the answers that are possible."""

    about: str
    text: str
    answers: tuple[str, ...] = ()


@dataclass
class Findings:
    """What was found of each property: value, confidence from 0 to 1, and the evidence for it.

    A confidence below `SURE` comes with a question.
    """

    values: dict[str, object] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    def found(self, what: str, value: object, confidence: float, evidence: str) -> None:
        """Adds a property."""
        self.values[what] = value
        self.confidence[what] = confidence
        self.evidence[what] = evidence

    def ask(self, about: str, text: str, *answers: str) -> None:
        """Adds a question, once."""
        question = Question(about, text, answers)
        if question not in self.questions:
            self.questions.append(question)


# At this confidence and above nothing is asked.
SURE = 0.9
