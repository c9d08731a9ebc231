"""The form of the lines of a document, as its subject declares it in its forms of cells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineForm:
    """The form of a line that is read.

    Attributes:
        cells: The cells that are asked, by their bronze columns.
        kinds: What they look like, a form for each cell; in a line all are of one kind.
        once: The cells that no two lines of a document share: the second is a reject. A strike is
            compared as a number.
    """

    cells: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]
    once: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """What the cells look like, joined by commas, those that are null left out."""
        return "|".join(f"({','.join(kind)})" for kind in self.kinds)
