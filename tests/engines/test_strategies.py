"""Every shipped strategy has the same trades and the same equity on Sail and on the JVM."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import strategies_run
from spark.strategies.bars import SCHEMA, walks

from indextracker_spark.strategies import SHIPPED

KEY = {"trades": ["ticker", "filled_at"], "equity": ["at", "ticker"]}


@pytest.fixture(scope="module")
def outcomes(java: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with what came of every strategy, by engine."""
    folder = tmp_path_factory.mktemp("strategies")
    prices = folder / "prices.parquet"
    pq.write_table(pa.Table.from_pylist(walks(12, 500), SCHEMA), prices)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "INDEX"))}
    for name in ("sail", "spark"):
        (folder / name).mkdir()
        home = {"INDEXTRACKER_ENGINE": name, "INDEXTRACKER_DAGSTER_HOME": str(folder)}
        subprocess.run(
            [sys.executable, "-W", "ignore", strategies_run.__file__, prices, folder / name],
            env=inherited | home,
            cwd=folder,
            check=True,
            timeout=300,
        )
    return {name: folder / name for name in ("sail", "spark")}


@pytest.mark.parametrize("what", KEY)
@pytest.mark.parametrize("name", SHIPPED)
def test_both_engines_give_the_same_rows(outcomes: dict[str, Path], name: str, what: str) -> None:
    sail, jvm = (
        pq.read_table(folder / f"{name}.{what}.parquet").to_pandas().sort_values(KEY[what])
        for folder in (outcomes["sail"], outcomes["spark"])
    )
    assert len(sail) > 3
    # Sums of doubles are made in another order: to the last bit is not asked.
    pd.testing.assert_frame_equal(
        sail.reset_index(drop=True), jvm.reset_index(drop=True), rtol=1e-9, atol=1e-9
    )
