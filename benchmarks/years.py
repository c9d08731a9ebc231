"""Years of NSE's files in one backfill to silver, from zips of a year: rows a minute, and memory.

The archive is written by the simulated exchange, which has as many securities as the real one: the
legacy file and the full bhavcopy of each session, all of a kind in one zip. Two numbers of sessions
tell what a row costs, and what starting costs.

    python benchmarks/years.py [--sessions 250] [--securities 2900] [--rounds 1]
"""

from __future__ import annotations

import json
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Final

from measuring import DOCUMENTS, arguments, conclude, console, process, scratch, show
from rich.progress import track

from indextracker.calendars import trading_days
from indextracker.feeds import FEEDS
from indextracker_simulator.india.bhavcopies import Kind
from indextracker_simulator.india.exchange import Exchange

FIRST: Final = date(2020, 9, 1)  # both files are there of every session until 2022-08-08
KINDS: Final[dict[str, Kind]] = {"nse_legacy_bhavcopy": "legacy", "nse_full_bhavcopy": "full"}
MINUTE: Final = 60


def main() -> None:
    """Prints what a fifth of the sessions and all of them took."""
    chosen = arguments(__doc__, sessions=250, securities=2900, rounds=1)
    few = chosen.sessions // 5
    archives = {n: archive(n, chosen.securities) for n in (few, chosen.sessions)}
    command = Path(sys.executable).with_name("indextracker")
    words = ("backfill", "india", "--feeds", ",".join(KINDS), "--to-layer", "silver", "--json")
    taken: dict[int, list[tuple[float, float, float]]] = {n: [] for n in archives}
    rows: dict[int, int] = {}
    with scratch() as folder:
        for number in range(chosen.rounds):
            for n, place in archives.items():
                home = folder / f"{n}-{number}"
                ended = process([command, *words, "--archive", place], _environment(home))
                taken[n].append((ended.seconds, ended.cpu_seconds, ended.peak_gib))
                rows[n] = _rows(json.loads(ended.said))
    shown = []
    for n, rounds in taken.items():
        seconds, cpu, peak = (median(figures) for figures in zip(*rounds, strict=True))
        minute = f"{rows[n] / seconds * MINUTE:,.0f}"
        million = f"{cpu / rows[n] * 1e6:.1f}"
        shown.append(
            (f"{n}", f"{rows[n]:,}", f"{seconds:.1f}", minute, f"{cpu:.1f}", million, f"{peak:.2f}")
        )
    titles = ("sessions", "rows", "seconds", "rows a minute", "CPU s", "CPU s / M rows", "GiB")
    show("legacy file and full bhavcopy, to silver", titles, shown)
    [less, more] = [median(cpu for _, cpu, _ in taken[n]) for n in (few, chosen.sessions)]
    each = (more - less) / (rows[chosen.sessions] - rows[few]) * 1e6
    conclude(f"a further million rows take {each:.1f} CPU seconds")


def archive(sessions: int, securities: int) -> Path:
    """The folder with the zips of some sessions, made where it is not there yet."""
    place = DOCUMENTS / f"nse-{sessions}-{securities}"
    if place.exists():
        return place
    aside = place.with_suffix(".part")
    aside.mkdir(parents=True, exist_ok=True)
    days = days_of(sessions)
    exchange = Exchange(size=securities, clock=lambda: datetime.now(UTC))
    for feed, kind in KINDS.items():
        with zipfile.ZipFile(aside / f"{feed}.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
            for day in track(days, f"publishing {kind}", console=console, transient=True):
                name = FEEDS[feed].names(day)[0].removesuffix(".zip")
                body = exchange.bhavcopy(kind, day)
                if body.startswith(b"PK"):
                    zipped.writestr(f"{name}.zip", body)
                else:
                    zipped.writestr(name, body)
    aside.rename(place)
    return place


def days_of(sessions: int) -> list[date]:
    """The sessions of such an archive."""
    calendar = trading_days("XNSE")
    return calendar.sessions(FIRST, calendar.horizon)[:sessions]


def _environment(home: Path) -> dict[str, str]:
    return {
        "INDEXTRACKER_START": "2011-01-03",
        "INDEXTRACKER_LAKE": str(home / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
    }


def _rows(report: dict[str, dict[str, int]]) -> int:
    """Lines of the documents that were loaded."""
    return sum(report["tables"][f"bronze/{feed}"] for feed in KINDS)


if __name__ == "__main__":
    main()
