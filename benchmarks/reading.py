"""What the reader takes for the questions that people wait for, warm, on sessions of real size.

The lake is made once, of an archive of simulated sessions, and kept in data/benchmarks; a process
of its own measures, after it has asked each question once.

    python benchmarks/reading.py [--sessions 30] [--rounds 5]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from measuring import (
    DOCUMENTS,
    TICKS,
    arguments,
    conclude,
    documents,
    fill,
    process,
    script,
    show,
)

from indextracker import Frame, Lakehouse

FUTURES = {"taifex_futures": TICKS["taifex_futures"]}
# What the questions are to take at most, by a clock.
AIMS_SECONDS = {"bars": 0.3, "trades": 0.3, "chain": 0.3, "import": 0.5}
IMPORT = """
import time
began, used = time.perf_counter(), time.process_time()
from indextracker import Lakehouse
print(time.perf_counter() - began, time.process_time() - used)
"""


def main() -> None:
    """Prints the median seconds of each question."""
    chosen = arguments(__doc__, sessions=30, rounds=5, inside=0)
    home = DOCUMENTS / f"reading-{chosen.sessions}"
    if chosen.inside:
        print(json.dumps(_measured(home, chosen.sessions, chosen.rounds)))  # noqa: T201 - to main
        return
    # Options of the first session alone: the questions ask for no others.
    for kinds, wanted in ((FUTURES, chosen.sessions), (TICKS, 1)):
        folder, sessions = documents(wanted, kinds)
        fill(home, "taiwan", folder, sessions, kinds)
    words = ("--sessions", chosen.sessions, "--rounds", chosen.rounds, "--inside", 1)
    taken = json.loads(process(script("reading.py", *words)).said)
    imports = [process((sys.executable, "-c", IMPORT)).said.split() for _ in range(chosen.rounds)]
    seconds, cpu = (list(map(float, column)) for column in zip(*imports, strict=True))
    taken["import"] = {"rows": 0, "seconds": seconds, "cpu": cpu}
    rows = [
        (
            name,
            f"{found['rows']:,}",
            f"{median(found['seconds']):.3f}",
            f"{median(found['cpu']):.3f}",
            f"{AIMS_SECONDS[name]:.1f}",
        )
        for name, found in taken.items()
    ]
    show("reader", ("question", "rows", "seconds", "CPU seconds", "aim"), rows)
    missed = [name for name, of in taken.items() if median(of["seconds"]) > AIMS_SECONDS[name]]
    conclude(f"aims missed: {', '.join(missed) or 'none'}, over {chosen.rounds} rounds")


def _measured(home: Path, number: int, rounds: int) -> dict[str, dict[str, object]]:
    lakehouse = Lakehouse(home / "lake")
    _, sessions = documents(number, FUTURES)
    questions: dict[str, Callable[[], Frame]] = {
        "bars": lambda: lakehouse.bars("TX", minutes=5, first=sessions[0], last=sessions[-1]),
        "trades": lambda: lakehouse.trades("TX", sessions=[sessions[0]]),
        "chain": lambda: lakehouse.chain("TXO", sessions[0]),
    }
    found: dict[str, dict[str, object]] = {}
    for name, ask in questions.items():
        rows = len(ask())  # warm
        seconds, cpu = [], []
        for _ in range(rounds):
            began, used = time.perf_counter(), time.process_time()
            ask()
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - used)
        found[name] = {"rows": rows, "seconds": seconds, "cpu": cpu}
    return found


if __name__ == "__main__":
    main()
