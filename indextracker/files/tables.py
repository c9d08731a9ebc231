"""From text to a table: what parts the cells, where the header and the rows begin.

The way in which lines come apart into the most cells that are dates, numbers or nothing, and
into as many on each line, is the file's own. Values are read elsewhere.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from indextracker.files import words
from indextracker.files.model import LONGEST_LINE, MOST_COLUMNS, RefusedFileError, Row, Table
from indextracker.files.moments import read_clock, stamped
from indextracker.files.numbers import is_missing, looks_like_number

FIXED_WIDTH = "fixed width"
_DELIMITERS = (",", ";", "\t", "|", " ", FIXED_WIDTH)
_SAMPLE_LINES = 300
_MOST_HEADER_LINES = 60
_BLANKS = re.compile(r"\s+")
_FIELD = re.compile(r"\S+(?: \S+)*")


@dataclass(frozen=True)
class Lines:
    """How lines of a text end."""

    ending: str
    last_ends: bool


def lines_of(text: str) -> Lines:
    """How the lines end: CRLF, LF, CR, or mixed."""
    crlf = text.count("\r\n")
    alone = text.count("\n") - crlf
    cr = text.count("\r") - crlf
    kinds = [kind for kind, count in (("CRLF", crlf), ("LF", alone), ("CR", cr)) if count]
    ending = kinds[0] if len(kinds) == 1 else ("mixed" if kinds else "none")
    return Lines(ending, text.endswith(("\n", "\r")))


def table_of(texts: tuple[str, ...]) -> Table:
    """The table of a content, from its text: one, or its head, middle and tail.

    Raises:
        RefusedFileError: if it has none, or a line or a row larger than any of a price file.
    """
    _bound(texts)
    delimiter, confidence = _delimiter(texts[0])
    if confidence < 0.2:
        raise RefusedFileError("its lines do not come apart into columns of dates and numbers")
    records = list(records_of(texts[0], delimiter))
    header, start, before = _header(records)
    rows = records[start:] if len(texts) == 1 else records[start:-1]
    for part in texts[1:]:
        # A sample begins in the middle of a line, and ends so, but for the tail.
        end = None if part is texts[-1] else -1
        rows += [Row(0, row.text, row.cells) for row in list(records_of(part, delimiter))[1:end]]
    names = max(range(len(header)), key=lambda line: _words_in(header[line]), default=0)
    quoted = delimiter != FIXED_WIDTH and _quoted(rows)
    width = Counter(len(row.cells) for row in rows if not row.blank).most_common(1)
    return Table(
        tuple(row.text for row in before),
        tuple(header),
        tuple(rows),
        width[0][0] if width else 0,
        delimiter,
        whole=len(texts) == 1,
        all_quoted=quoted,
        names=names,
    )


def _bound(texts: tuple[str, ...]) -> None:
    for text in texts:
        longest = max(map(len, text.split("\n")), default=0)
        if longest >= LONGEST_LINE or (len(texts) > 1 and "\n" not in text and "\r" not in text):
            raise RefusedFileError(
                f"a line of {longest:,} letters or more: no row of prices is as long"
            )
        first = text[: text.find("\n")] if "\n" in text else text
        for delimiter in _DELIMITERS[:4]:
            if (count := first.count(delimiter)) > MOST_COLUMNS:
                raise RefusedFileError(
                    f"a row of {count:,} columns: at most {MOST_COLUMNS:,} are read"
                )


def records_of(text: str, delimiter: str) -> Iterator[Row]:
    """Records with the line on which each begins; one in quotes may run over several."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    lines = [line.rstrip("\r") for line in lines]
    if len(lines) == 1 and "\r" in lines[0]:
        lines = lines[0].split("\r")
    if delimiter == FIXED_WIDTH:
        yield from _fixed(lines)
        return
    if not any('"' in line for line in lines):
        for number, line in enumerate(lines, start=1):
            yield Row(number, line, line.split(delimiter))
        return
    for number, line in enumerate(lines, start=1):
        # Line by line, so that a quote that is never closed spoils one line and not the file.
        yield Row(number, line, _unquoted(line, delimiter))


def _unquoted(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [""]) or [""]
    except csv.Error:
        # A carriage return in the middle, or a cell longer than any of prices.
        return line.split(delimiter)


def _fixed(lines: list[str]) -> Iterator[Row]:
    """Cells of lines of a fixed width: one blank or more on all lines is between two columns."""
    filled = [line for line in lines if line.strip()]
    sample = filled[:_SAMPLE_LINES]
    counts = Counter(len(line.split()) for line in sample)
    if counts and counts.most_common(1)[0][1] >= 0.9 * sum(counts.values()):
        for number, line in enumerate(lines, start=1):
            yield Row(number, line, line.split() or [""])
        return
    # Two blanks part columns, or one where that leaves more cells that are values.
    wide, narrow = _edges(sample, 2), _edges(sample, 1)
    edges = wide if _tidy(sample, wide) >= _tidy(sample, narrow) else narrow
    for number, line in enumerate(lines, start=1):
        yield Row(number, line, _cut(line, edges))


def _cut(line: str, edges: list[int]) -> list[str]:
    return [line[a:b].strip() for a, b in zip(edges, [*edges[1:], None], strict=True)]


def _tidy(lines: list[str], edges: list[int]) -> float:
    """The share of cells that are values."""
    cells = [cell for line in lines[:100] for cell in _cut(line, edges)]
    return sum(is_missing(cell) or _is_value(cell) for cell in cells) / len(cells) if cells else 0.0


def _edges(lines: list[str], least: int) -> list[int]:
    """Where columns begin: after as many places that are blank on nearly every usual line."""
    usual = Counter(len(line.rstrip()) for line in lines).most_common(1)[0][0] if lines else 0
    alike = [line.ljust(usual) for line in lines if len(line.rstrip()) >= usual // 2]
    blank = [
        sum(line[place] == " " for line in alike) >= 0.97 * len(alike) for place in range(usual)
    ]
    return [0] + [
        place
        for place in range(least, usual)
        if all(blank[place - least : place])
        and not blank[place]
        and any(not b for b in blank[:place])
    ]


def _delimiter(text: str) -> tuple[str, float]:
    """What parts the cells, and its score from 0 to 1."""
    lines = [line for line in text.split("\n")[: _SAMPLE_LINES * 2] if line.strip()]
    # The head of a file may be a banner, its tail a footer: the rest says more.
    sample = "\n".join(lines[:_SAMPLE_LINES])
    scores = {delimiter: _score(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best, scores[best]


def _score(sample: str, delimiter: str) -> float:
    rows = [row for row in records_of(sample, delimiter) if not row.blank]
    counts = Counter(len(row.cells) for row in rows)
    usual, times = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    if usual < 2:
        return 0.0
    alike = [row for row in rows if len(row.cells) == usual]
    body = alike[len(alike) // 20 :][:100] or alike
    clean = [_is_clean(cell) for row in body for cell in row.cells]
    dates = sum(any(stamped(cell) for cell in row.cells) for row in body) / len(body)
    tidy = sum(clean) / len(clean)
    fixed = {FIXED_WIDTH: 0.9, " ": 0.95}.get(delimiter, 1.0)
    return (times / len(rows)) * tidy * (0.5 + 0.5 * dates) * fixed * (1 + 0.01 * min(usual, 9))


def _is_clean(cell: str) -> bool:
    text = cell.strip()
    if is_missing(text) or looks_like_number(text):
        return True
    if stamped(text) or read_clock(text):
        return True
    return bool(re.fullmatch(r"[\w^.=&/: -]{1,24}", text)) and not any(
        sign in text for sign in ",;\t|"
    )


def _is_value(cell: str) -> bool:
    text = cell.strip()
    return looks_like_number(text) or stamped(text) is not None


def _header(records: list[Row]) -> tuple[list[Row], int, list[Row]]:
    """Lines of the header, the place of the first row below it, and what stands above."""
    widths = Counter(len(row.cells) for row in records[:_SAMPLE_LINES] if not row.blank)
    usual = widths.most_common(1)[0][0] if widths else 0
    first_lines = range(len(records[:_MOST_HEADER_LINES]))
    lone = next((place for place in first_lines if _is_data(records[place], usual)), 0)
    start = next((place for place in first_lines if _begins(records, place, usual)), lone)
    first = start
    while first > 0 and (
        is_rule(records[first - 1]) or _may_be_header(records[first - 1], usual, start - first)
    ):
        first -= 1
    header = [row for row in records[first:start] if not is_rule(row)]
    if (
        not header
        and start == 0
        and records
        and _says_columns(records[0])
        and not _is_data(records[0], usual)
    ):
        return records[:1], 1, []
    while len(header) > 1 and not _says_columns(header[0]) and not _is_filled(header[0], usual):
        header = header[1:]
        first += 1
    return header, start, records[:first]


def _begins(records: list[Row], place: int, usual: int) -> bool:
    """Whether rows of values begin here: it is one, and so are most of the next ones."""
    next_ones = [row for row in records[place + 1 : place + 9] if not row.blank][:4]
    follow = sum(_is_data(row, usual) for row in next_ones)
    dated = sum(map(_is_dated, next_ones))
    if 2 * dated > len(next_ones) and not _is_dated(records[place]):
        # A code or a number of its own above the header, in a line as long as all others.
        filled = sum(bool(cell.strip()) for cell in records[place].cells)
        if 2 * filled < usual:
            return False
    return _is_data(records[place], usual) and (2 * follow > len(next_ones) or not next_ones)


def _is_dated(row: Row) -> bool:
    return any(stamped(cell) for cell in row.cells)


def _is_data(row: Row, usual: int) -> bool:
    """Whether it is a row of values: as wide as most, with more values than words."""
    filled = [cell for cell in row.cells if not is_missing(cell)]
    if len(row.cells) < max(2, usual - 1) or not filled:
        return False
    values = sum(map(_is_value, filled))
    dated = any(stamped(cell) for cell in filled)
    return values * 2 >= len(filled) if not dated else values * 4 >= len(filled)


def _is_filled(row: Row, usual: int) -> bool:
    """Whether it has a word for more than one column: instruments, say, above their fields."""
    return len(row.cells) == usual and sum(bool(cell.strip()) for cell in row.cells) > 1


def is_rule(row: Row) -> bool:
    """A line of dashes between the header and the rows."""
    return len(row.text) > 5 and not row.text.strip("-=+| \t;,")


def _may_be_header(row: Row, usual: int, lines: int) -> bool:
    if row.blank or lines >= 4:
        return False
    near = len(row.cells) >= max(2, usual - 2)
    return near and not _is_data(row, usual)


def _says_columns(row: Row) -> bool:
    return any(words.is_word(cell) for cell in row.cells)


def _words_in(row: Row) -> int:
    return sum(words.role_of(cell)[1] > 1 for cell in row.cells)


def _quoted(rows: list[Row]) -> bool:
    """Whether numbers stand in quotes throughout."""
    sample = [row for row in rows[:_SAMPLE_LINES] if len(row.cells) > 1 and not row.blank]
    pattern = re.compile(r'"[^"]*\d[^"]*"')
    quoted = sum(
        len(pattern.findall(row.text)) >= sum(map(looks_like_number, row.cells)) and '"' in row.text
        for row in sample
    )
    return bool(sample) and quoted >= 0.9 * len(sample)
