"""How commands print: a console that prints what it is given, grids, and amounts in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from indextracker_cli.saying import plain

if TYPE_CHECKING:
    from indextracker_catalogue import Key

# So many have no room for lines between them on a terminal of eighty characters.
MANY_COLUMNS = 5


class _Console(Console):
    """A console that writes out what a terminal would obey."""

    def render_str(self, text: str, **how: Any) -> Text:
        """A text as it is shown."""
        return super().render_str(plain(text), **how)


def console(width: int | None = None) -> Console:
    """A console that prints what it is given: names, reasons and cells are no markup."""
    return _Console(width=width, markup=False, emoji=False, highlight=False)


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Grid:
    """Rows below a title; numbers are aligned to the right."""
    wide = len(columns) >= MANY_COLUMNS
    made = Grid(
        title=title, box=None if wide else HEAVY_HEAD, pad_edge=not wide, collapse_padding=wide
    )
    for number, name in enumerate(columns):
        in_words = name in ("what a row is", "type", "meaning")
        made.add_column(
            name,
            justify="right" if number and not in_words else "left",
            no_wrap=name != "meaning",
            overflow="fold",
        )
    for row in rows:
        made.add_row(*row)
    return made


def bytes_in_words(number: int) -> str:
    """A number of bytes in the largest unit that leaves a digit before the point."""
    size, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if abs(size) < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def sessions_in_words(sessions: Iterable[date | Key]) -> str:
    """One day, or the first and the last."""
    days = sorted(map(str, sessions))
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
