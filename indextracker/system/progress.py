"""Progress of long work: reported by the code that does it, shown by `indextracker_cli`."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the stages of the work, one after the other, from any thread."""

    def begin(self, stage: str, parts: int = 0, unit: str = "parts") -> None:
        """A stage begins, and the one before is over.

        Args:
            stage: What is being done, as in "while asking for documents".
            parts: How many parts it has; 0 where that is not known.
            unit: What the parts are.
        """
        ...

    def advance(self, parts: int = 1, at: str = "") -> None:
        """So many more parts of the stage are done.

        Args:
            parts: How many.
            at: What is being worked on, in a few words.
        """
        ...


class Silent:
    """Told everything, shows nothing."""

    def begin(self, stage: str, parts: int = 0, unit: str = "parts") -> None:
        """Nothing is shown."""

    def advance(self, parts: int = 1, at: str = "") -> None:
        """Nothing is shown."""


SILENT = Silent()
