"""Readers that take a few rows of a large table, and end.

Each ends in a process of its own, forked from one that has loaded the libraries and read nothing.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.good_rows import SESSION, rows

from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t

pytestmark = pytest.mark.slow

READERS = 50
FILES, ROWS = 8, 150_000
READER = """
import os, signal, sys
from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t

def read():
    with Lake(sys.argv[1], "simulated").sql([t.FUTURES_TRADES]) as connection:
        found = connection.execute("select * from silver.futures_trades limit 3").fetchall()
    sys.exit(0 if len(found) == 3 else 1)

endings = []
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        signal.alarm(30)  # whoever hangs is ended by it
        read()
    endings.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    if endings[-1]:
        break
print(*endings)
"""


def test_fifty_readers_of_three_rows_end_well(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), "simulated")
    one = rows(t.FUTURES_TRADES, {})
    chance = np.random.default_rng(1)
    many = pa.table(
        {name: one[name].take(pa.array(np.zeros(ROWS, dtype=int))) for name in one.column_names}
    )
    many = many.set_column(
        many.schema.get_field_index("price"), "price", pa.array(chance.random(ROWS))
    )
    day = many.schema.get_field_index("session_date")
    for number in range(FILES):
        session = SESSION + timedelta(number)
        dated = many.set_column(day, "session_date", pa.array([session] * ROWS, pa.date32()))
        lake.replace(t.FUTURES_TRADES, dated, [str(session)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READER, lake.root, str(READERS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["0"] * READERS, done.stderr
