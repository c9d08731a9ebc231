"""What the benchmarks share: documents of real size, whole processes timed, tables printed.

Ratios count, not seconds: whatever is compared runs side by side, in turns, in one run.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from indextracker.calendars import trading_days
from indextracker.feeds import FEEDS
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.session import Document

COMMAND = Path(sys.executable).with_name("indextracker")
PROJECT = Path(__file__).parents[1]
DOCUMENTS = PROJECT / "data" / "benchmarks"
FIRST = date(2024, 11, 4)  # 31 sessions without a holiday: the script by hand knows none
# Feeds and what the simulated exchange calls their documents.
TICKS: dict[str, Document] = {"taifex_futures": "futures", "taifex_options": "options"}
OTHERS: dict[str, Document] = {
    "taifex_volume_totals": "totals",
    "taifex_combination_trades": "combination",
    "taifex_daily_futures": "daily_futures",
    "taifex_daily_options": "daily_options",
    "twse_index": "index_json",
    "finmind_trades": "etf",
}

console = Console()


def arguments(what: str | None, **defaults: int) -> argparse.Namespace:
    """Numbers from the command line, by name."""
    parser = argparse.ArgumentParser(description=(what or "").split("\n")[0])
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def documents(number: int, kinds: Mapping[str, Document] = TICKS) -> tuple[Path, list[date]]:
    """An archive of real-size sessions of the simulated exchange, made where it is not there yet.

    Returns:
        Its folder, and the sessions in order.
    """
    DOCUMENTS.mkdir(parents=True, exist_ok=True)
    calendar = trading_days("XTAI")
    sessions = calendar.sessions(FIRST, calendar.horizon)[:number]
    exchange = Exchange(volume="real", clock=lambda: datetime.now(UTC))
    missing = [
        (DOCUMENTS / FEEDS[feed].names(session)[0], kind, session)
        for session in sessions
        for feed, kind in kinds.items()
    ]
    missing = [one for one in missing if not one[0].exists()]
    for place, kind, session in track(
        missing, "publishing", console=console, disable=not missing, transient=True
    ):
        published = exchange.published(kind, session)
        if published is None:
            raise RuntimeError(f"the simulated exchange has no {kind} of {session}")
        aside = place.with_suffix(".part")
        aside.write_bytes(published.body)
        aside.replace(place)
    return DOCUMENTS, sessions


def fill(
    home: Path, subject: str, archive: Path, sessions: Sequence[date], feeds: Iterable[str]
) -> None:
    """Brings sessions of an archive to gold, in a lake that is kept, where they are not there yet.

    Args:
        home: The folder of the lake, its warehouse and Dagster's records.
        subject: Name of the subject.
        archive: The folder of the documents.
        sessions: From the first to the last of them.
        feeds: Whose documents.
    """
    names = ",".join(sorted(feeds))
    done = home / f"{subject}-{sessions[0]}-{sessions[-1]}-{names}"
    if done.exists():
        return
    span = ("--from", str(sessions[0]), "--to", str(sessions[-1]), "--feeds", names)
    process(
        [COMMAND, "backfill", subject, *span, "--to-layer", "gold", "--yes"],
        {
            "INDEXTRACKER_SETTINGS": os.devnull,
            "INDEXTRACKER_START": "2011-01-03",
            "INDEXTRACKER_SOURCE": f"archive:{archive}",
            "INDEXTRACKER_LAKE": str(home / "lake"),
            "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
            "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
        },
    )
    done.touch()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk of the documents, gone at the end."""
    DOCUMENTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DOCUMENTS) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Ended:
    """What a process took.

    Attributes:
        seconds: From start to end.
        cpu_seconds: Of the processor, all threads and what it had started and waited for.
        peak_gib: The most memory that it held, in GiB.
        said: What it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_gib: float
    said: str


def process(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Ended:
    """Runs a process to its end.

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=None if environment is None else {**os.environ, **environment},
        ) as running,
    ):
        assert running.stdout is not None
        said = running.stdout.read()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if running.returncode:
            errors.seek(0)
            last = errors.read()[-2000:]
            raise RuntimeError(f"{command} ended with {running.returncode}: {said}{last}")
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(seconds, cpu, usage.ru_maxrss / 1024**2, said)


def script(name: str, *words: object) -> list[str]:
    """The command that runs a script of this folder."""
    return [sys.executable, "-W", "ignore", str(Path(__file__).with_name(name)), *map(str, words)]


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table."""
    grid = Grid(*columns, title=title)
    for row in rows:
        grid.add_row(*row)
    console.print(grid)


def conclude(sentence: str) -> None:
    """Prints what follows, and on what machine it was measured."""
    console.print(
        f"{sentence}; {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}",
        highlight=False,
        soft_wrap=True,
    )


def spread(values: Sequence[float]) -> str:
    """The median of some figures, with the least and the greatest."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
