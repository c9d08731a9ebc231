"""How long people wait for pages of the dashboard, over sixty sessions of real size.

Three questions: when the first page is there after the start, how long a view takes that nobody
asked for before, and what twenty readers at once wait for. The server is a process of its own. A
view is all that a browser asks of it for a page in one state; beside it, in turns, a process asks
the same Delta files by hand (`pages_by_hand`).

    python benchmarks/pages.py [--sessions 60] [--readers 20] [--rounds 3]
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

import requests
from measuring import COMMAND, DOCUMENTS, OTHERS, TICKS, arguments, conclude, documents, fill, show
from pages_by_hand import BY_HAND, answering
from years import KINDS as NSE_KINDS
from years import archive, days_of

SECURITIES = 2900
KINDS = TICKS | {
    name: OTHERS[name] for name in ("taifex_daily_futures", "taifex_daily_options", "twse_index")
}
AIM_MS, AIM_START_SECONDS = 300, 3
PATIENCE_SECONDS = 120
# How long each of many readers looks at a view before the next one, at random around it.
LOOKS_SECONDS, LOOKS = 5.0, 8
# The page SQL has a process ready for the next question, while people write it.
SQL, WRITES_SECONDS = "/sql", 3.0
# What the browser asks for beside the body of a page: outputs and inputs of its callbacks.
_OFFERED = {
    "/candles": (
        *(f'{{"field":"{name}"}}.data' for name in ("contract", "strike")),
        "candles-offered.data",
        *(f"candles-of-{name}.hidden" for name in ("contracts", "options", "shares")),
    ),
    "/chain": ('{"field":"expiry"}.data',),
    SQL: ("dictionary.children",),
}
_STATEMENT = (
    "select expiry, bar_start, close, contracts from gold.futures_bars where product = 'TX' "
    "and scale_minutes = 5 and session_date = date '{on}' order by bar_start"
)
_LOADED = ("candles-loaded.data", "candles-wrong.children", "candles-drawn.style")


@dataclass(frozen=True)
class View:
    """A page in a state: its path and the query of its address."""

    path: str
    query: str


def views(days: Sequence[date], market_days: Sequence[date]) -> dict[str, list[View]]:
    """The views of each page, one for each session."""

    def of(path: str, query: str, on: Sequence[date] = days) -> list[View]:
        return [View(path, query.format(on=day)) for day in on]

    return {
        "Today": of("/today", "?on={on}"),
        "Candles, 3 sessions of 5 minutes and the index": of(
            "/candles", "?last={on}&sessions=3&over=TAIEX"
        ),
        "Candles, a session of minutes": of("/candles", "?last={on}&sessions=1&scale=1"),
        "Chain": of("/chain", "?on={on}"),
        "Truth, figures": of("/truth", "?view=figures&key={on}"),
        "Market day": of("/india", "?on={on}", market_days),
        "SQL, bars of a session": of(SQL, f"?sql={quote(_STATEMENT, safe='{}')}"),
    }


class Reader:
    """A browser, as far as the server sees one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()

    def open(self, view: View) -> float:
        """Asks for all that a view needs, and says how many milliseconds it took."""
        began = time.perf_counter()
        for outputs, inputs, state in self._asked(view):
            self._ask(outputs, inputs, state)
        return 1000 * (time.perf_counter() - began)

    @staticmethod
    def _asked(view: View) -> Iterator[tuple[Sequence[str], dict[str, Any], dict[str, Any]]]:
        state = {"state.data": view.query}
        yield ("body.children", "drawn.data"), state, {"opened.data": {"at": view.path}}
        if outputs := _OFFERED.get(view.path):
            yield outputs, state, {}
        if view.path == "/candles":
            asked = {"side": "all", "query": view.query, "number": 1, "count": 0}
            yield _LOADED, {"candles-asked.data": asked}, {}

    def _ask(
        self, outputs: Sequence[str], inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> None:
        named = [_named(output) for output in outputs]
        answer = self._session.post(
            f"{self._address}/_dash-update-component",
            json={
                "output": f"..{'...'.join(outputs)}.." if len(outputs) > 1 else outputs[0],
                "outputs": named if len(outputs) > 1 else named[0],
                "inputs": [_named(name) | {"value": value} for name, value in inputs.items()],
                "state": [_named(name) | {"value": value} for name, value in state.items()],
                "changedPropIds": list(inputs),
            },
            timeout=PATIENCE_SECONDS,
        )
        answer.raise_for_status()
        for found in answer.json()["response"].values():
            for shown in found.values():
                if isinstance(shown, dict) and shown.get("type") == "Alert":
                    raise RuntimeError(f"{inputs} has no answer: {shown}")


def _named(output: str) -> dict[str, Any]:
    name, _, of = output.rpartition(".")
    return {"id": json.loads(name) if name.startswith("{") else name, "property": of}


def main() -> None:
    """Prints the three tables."""
    chosen = arguments(__doc__, sessions=60, readers=20, rounds=3)
    home = DOCUMENTS / f"pages-{chosen.sessions}"
    days, market_days = _made(home, chosen.sessions)
    wanted = views(days, market_days)
    starts = [_first_page(home, wanted["Today"][-1]) for _ in range(chosen.rounds)]
    with _served(home) as (address, server), _by_hand(home) as hand:
        reader = Reader(address)
        for of_page in wanted.values():
            reader.open(of_page[0])  # warm
        missed = _alone(reader, server, hand, wanted)
        missed += _many(address, wanted, chosen.readers)
    seconds = median(starts)
    if seconds > AIM_START_SECONDS:
        missed.append("first page")
    conclude(
        f"the first page is there after {seconds:.2f} s, aim {AIM_START_SECONDS}; "
        f"aims missed: {', '.join(missed) or 'none'}"
    )


def _made(home: Path, number: int) -> tuple[list[date], list[date]]:
    """The sessions of a lake of both exchanges, made where it is not there yet."""
    folder, days = documents(number, KINDS)
    fill(home, "taiwan", folder, days, KINDS)
    market_days = days_of(number)
    fill(home, "india", archive(number, SECURITIES), market_days, NSE_KINDS)
    return days[1:], market_days[1:]


@contextmanager
def _served(home: Path) -> Iterator[tuple[str, int]]:
    """A dashboard of its own process: its address, and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "INDEXTRACKER_SETTINGS": os.devnull,
        "INDEXTRACKER_SOURCE": f"archive:{DOCUMENTS}",
        "INDEXTRACKER_LAKE": str(home / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
    }
    running = subprocess.Popen(
        [COMMAND, "dashboard", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _listening(address)
        yield address, running.pid
    finally:
        running.terminate()
        running.wait()


def _listening(address: str) -> None:
    """Waits until a server answers."""
    until = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < until:
        with suppress(requests.ConnectionError):
            requests.get(f"{address}/healthz", timeout=PATIENCE_SECONDS)
            return
        time.sleep(0.01)


def _first_page(home: Path, view: View) -> float:
    """Seconds from the start of a server to its first page."""
    began = time.perf_counter()
    with _served(home) as (address, _):
        Reader(address).open(View(view.path, ""))
        return time.perf_counter() - began


def _alone(
    reader: Reader,
    server: int,
    hand: Callable[[str, date], float],
    wanted: Mapping[str, Sequence[View]],
) -> list[str]:
    """One reader: each view once, in turns with the same by hand."""
    rows, missed = [], []
    for name, of_page in wanted.items():
        waits, used, by_hand = [], [], []
        for view in of_page[1:]:
            if view.path == SQL:
                time.sleep(WRITES_SECONDS)
            before = _cpu(server)
            waits.append(reader.open(view))
            used.append(_cpu(server) - before)
            if name in BY_HAND:
                by_hand.append(hand(name, _day_of(view)))
        late = _late(waits)
        if late > AIM_MS:
            missed.append(name)
        ratio = f"{sum(used) / sum(by_hand):.2f}" if by_hand else ""
        own = f"{sum(by_hand) / len(by_hand):.0f}" if by_hand else ""
        cpu = f"{sum(used) / len(used):.0f}"
        rows.append((name, f"{median(waits):.0f}", f"{late:.0f}", cpu, own, ratio))
    columns = ("page", "median ms", "95 % ms", "CPU ms", "CPU ms by hand", "ratio")
    show(f"a view that nobody had asked for, aim {AIM_MS} ms", columns, rows)
    return missed


def _many(address: str, wanted: Mapping[str, Sequence[View]], number: int) -> list[str]:
    """Many readers at once: at their own pace, and all in the same moment.

    Without the page SQL, which answers four at once and tells the fifth so.
    """
    read = [of_page for of_page in wanted.values() if of_page[0].path != SQL]
    every = [view for of_page in read for view in of_page]
    chance = random.Random(number)  # noqa: S311 - the same views in each run
    readers = [Reader(address) for _ in range(number)]

    def look(place: int) -> list[float]:
        mine = random.Random(place)  # noqa: S311
        waits = []
        for _ in range(LOOKS):
            time.sleep(LOOKS_SECONDS * mine.uniform(0.5, 1.5))
            waits.append(readers[place].open(mine.choice(every)))
        return waits

    def at_once(chosen: Sequence[View]) -> list[float]:
        return list(
            people.map(lambda pair: pair[0].open(pair[1]), zip(readers, chosen, strict=True))
        )

    with ThreadPoolExecutor(number) as people:
        paced = [wait for waits in people.map(look, range(number)) for wait in waits]
        newest = [at_once([of_page[-1]] * number) for of_page in read]
        mixed = at_once(chance.sample(every, number))
    found = {
        f"a view every {LOOKS_SECONDS:.0f} s each": paced,
        "all the newest of one page in one moment": [wait for waits in newest for wait in waits],
        "all another view in one moment": mixed,
    }
    rows = [(name, f"{median(waits):.0f}", f"{_late(waits):.0f}") for name, waits in found.items()]
    show(f"{number} readers at once", ("", "median ms", "95 % ms"), rows)
    return [] if _late(paced) <= AIM_MS else [f"{number} readers"]


def _late(waits: Sequence[float]) -> float:
    """What nineteen of twenty do not wait longer for."""
    return quantiles(waits, n=20, method="inclusive")[-1]


def _cpu(pid: int) -> float:
    """The CPU milliseconds that a process has taken."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return 1000 * sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _day_of(view: View) -> date:
    return date.fromisoformat(next(part[-10:] for part in view.query.split("&") if "20" in part))


@contextmanager
def _by_hand(home: Path) -> Iterator[Callable[[str, date], float]]:
    """Asks by hand in a process of its own: the CPU milliseconds of one view."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=answering, args=(there, home / "lake"))
    process.start()

    def ask(name: str, day: date) -> float:
        here.send((name, day))
        taken: float = here.recv()
        return taken

    try:
        yield ask
    finally:
        here.send(None)
        process.join()


if __name__ == "__main__":
    main()
