"""All layers come anew from the documents, and what differs is told and taken over."""

from __future__ import annotations

import shutil
import signal

import pyarrow as pa
import pyarrow.compute as pc
from recovery.conftest import World
from support.commands import Commands
from support.homes import Home
from support.lakehouse import differing, start

from indextracker.lake import Lake
from indextracker_catalogue import TABLES

BARS, TRADES = TABLES["gold/etf_bars"], TABLES["silver/etf_trades"]


def test_what_differs_is_told_to_the_row_and_taken_over(
    commands: Commands, world: World, home: Home
) -> None:
    lake = Lake(str(home.lake), "simulated")
    rows = lake.rows(TRADES).to_table()
    wrong = pc.multiply(rows["price"], 2.0)
    place = rows.column_names.index("price")
    lake.refill(TRADES, lambda: rows.set_column(place, "price", pa.chunked_array(wrong)))
    shutil.rmtree(home.lake / BARS.path)
    shutil.rmtree(home.lake / "bronze/finmind_trades/_delta_log")

    done = home.run("rebuild")
    assert done.returncode == 2, done.stderr
    assert "silver/etf_trades there alone: session_date=2024-12-13" in done.stdout
    assert "silver/etf_trades made anew alone: session_date=2024-12-13" in done.stdout
    assert "gold/etf_bars" in done.stdout

    for point in ("recovery-emptied", "recovery-refilled"):
        run = start(commands, home, ["rebuild", "--replace", "--yes"], INDEXTRACKER_FAILPOINT=point)
        assert run.wait() == -signal.SIGKILL, run.said()
    done = home.run("rebuild", "--replace", "--yes")
    assert done.returncode == 0, done.stderr
    monday = {path: what for path, what in world.monday.items() if not path.startswith("log ")}
    assert differing(home.contents(), monday) == []
