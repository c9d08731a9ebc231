"""A reader of the warehouse in a process of its own, that asks again and again while others write.

It opens a connection for each time it asks, as a dashboard does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from indextracker.warehouse import DuckDBWarehouse

# What a session, or a derivative, has in each of several tables; asked in one connection.
QUESTIONS = tuple(
    f"select {columns} from {table} group by 1 order by 1"
    for columns, table in (
        ("datetime::date, count(*), sum(volume)", "derivative_detail_history"),
        ("session_date, count(*), max(close)", "derivative_session"),
        ("derivative_id, count(*)", "derivative_detail"),
        ("session_date, count(*), sum(contracts)", "raw.daily_report"),
        ("session_date, count(*), sum(prints)", "raw.etf_bars"),
    )
)
PAUSE_SECONDS = 0.1
END_SECONDS = 60.0


@dataclass
class Seen:
    """What a reader was answered.

    Attributes:
        answers: The different answers, in the order in which each was first given.
        changes: How often an answer was not that of the time before.
        moments: When each question was answered, by the clock that all processes share.
        errors: What was raised.
    """

    answers: list[str] = field(default_factory=list)
    changes: int = 0
    moments: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def answer(warehouse: Path) -> str:
    """What the published warehouse holds, asked in one connection."""
    reader = DuckDBWarehouse(str(warehouse), str(warehouse) + ".unused", "simulated")
    with reader.reading() as connection:
        return repr([connection.execute(question).fetchall() for question in QUESTIONS])


@contextmanager
def readers(warehouse: Path, number: int) -> Iterator[list[Seen]]:
    """Reads for the length of a block; at its end the list holds what each reader has seen."""
    context = get_context("spawn")
    found: list[Seen] = []
    pipes, processes = [], []
    for _ in range(number):
        mine, theirs = context.Pipe()
        process = context.Process(target=_read, args=(str(warehouse), theirs), daemon=True)
        process.start()
        pipes.append(mine)
        processes.append(process)
    try:
        for pipe in pipes:
            assert pipe.recv() == "reading"
        yield found
        for pipe in pipes:
            pipe.send("enough")
            found.append(pipe.recv())
    finally:
        for process in processes:
            process.join(END_SECONDS if found else 0)
            process.kill()
            process.join()


def _read(warehouse: str, pipe: Connection) -> None:
    seen, last = Seen(), ""
    while True:
        # Looked for before, so that the last answer is one of after the end.
        enough = pipe.poll()
        try:
            now = answer(Path(warehouse))
        except (duckdb.Error, OSError, ValueError) as error:
            seen.errors.append(repr(error))
            now = last
        seen.moments.append(time.monotonic())
        seen.changes += now != last and bool(last)
        if now not in seen.answers:
            seen.answers.append(now)
        last = now
        if len(seen.moments) == 1:
            pipe.send("reading")
        if enough:
            pipe.send(seen)
            return
        time.sleep(PAUSE_SECONDS)
