"""Progress of a backfill on standard error: one line updated on a terminal, else a line at times.

It is also kept for the sentence after an interrupt. Which steps there are is decided by the code
that does the work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from indextracker_cli.interrupts import standard_error

# In a pipe: no more lines than these of a stage, whatever its length, and none sooner than this.
LINES_PER_STAGE = 10
LEAST_SECONDS = 10.0
# What was measured of so little says nothing of the rest.
TOO_SOON_SECONDS = 3.0


class Stages:
    """The stages of one backfill, shown as lines.

    Args:
        say: Shows a line.
        clock: Seconds from whenever.
    """

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        self._started = self._began = self._told = clock()
        self._past: list[str] = []
        self._stage, self._parts, self._unit, self._done, self._at = "starting", 0, "", 0, ""
        self._lines = 0

    def begin(self, stage: str, parts: int = 0, unit: str = "parts") -> None:
        """Shows that a stage begins."""
        with self._lock:
            if self._done:
                self._past.append(f"{self._stage} ({self._counted()})")
            self._stage, self._parts, self._unit, self._done, self._at = stage, parts, unit, 0, ""
            self._began = self._told = self._clock()
            self._lines = 0
            self._show_beginning(f"{stage}: {parts:,} {unit}" if parts > 1 else stage)

    def tell(self, text: str) -> None:
        """Shows a line of its own."""
        self._line(text)

    def advance(self, parts: int = 1, at: str = "") -> None:
        """Shows how far the stage is, unless that was shown a moment ago."""
        with self._lock:
            self._done += parts
            self._at = at or self._at
            self._show_advance()

    def stop(self) -> None:
        """Nothing is shown any more."""

    def so_far(self) -> str:
        """What was done until now, as part of a sentence."""
        counted = f" ({self._counted()})" if self._parts else ""
        at = f", at {self._at}" if self._at else ""
        past = f", after {', '.join(self._past)}" if self._past else ""
        return f"while {self._stage}{at}{counted}{past}"

    def _counted(self) -> str:
        return f"{self._done:,} of {self._parts:,} {self._unit}"

    def _line(self, text: str) -> None:
        self._say(f"{self._clock() - self._started:6.1f} s  {text}")

    def _show_beginning(self, text: str) -> None:
        self._line(text)

    def _show_advance(self) -> None:
        now = self._clock()
        due = self._done * LINES_PER_STAGE > self._parts * (self._lines + 1)
        if not due or now < self._told + LEAST_SECONDS or self._done >= self._parts:
            return
        self._told = now
        self._lines += 1
        self._line(f"{self._stage}: {self._counted()}{self._left(now)}")

    def _left(self, now: float) -> str:
        took = now - self._began
        if not self._done or took < TOO_SOON_SECONDS:
            return ""
        return f", about {duration(took / self._done * (self._parts - self._done))} left"


class MovingStages(Stages):
    """The stages on a terminal: the one under way is a bar, and each that is over a line."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[at]}"),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        super().__init__(lambda line: console.print(line, soft_wrap=True))
        self._task = self._bar.add_task("starting", total=None, at="")
        self._bar.start()

    def stop(self) -> None:
        """Takes the bar away and gives the cursor back."""
        self._bar.stop()

    def _show_beginning(self, text: str) -> None:
        self._line(text)
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(self._stage, total=self._parts or None, at="")

    def _show_advance(self) -> None:
        self._bar.update(self._task, completed=self._done, at=self._at)


def shown(*, quiet: bool) -> Stages:
    """Stages for this process's standard error; quiet ones are remembered and not shown."""
    if quiet:
        return Stages(lambda _: None)
    said = standard_error()
    console = Console(file=said, markup=False, emoji=False, highlight=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return MovingStages(console)
    return Stages(lambda line: click.echo(line, said))


def duration(seconds: float) -> str:
    """Seconds in the unit that people would say it in."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
