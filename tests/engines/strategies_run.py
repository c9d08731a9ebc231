"""Every shipped strategy on the engine of the settings, in a process of its own.

`python strategies_run.py PRICES.parquet FOLDER` writes trades and equity of each into the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from indextracker import settings as environment
from indextracker.engines import engine
from indextracker.engines.sessions import SessionEngine
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.engine import run
from indextracker_spark.strategies.model import Terms

# So short that each trades within the history of the tests.
SHORT: dict[str, dict[str, float]] = {
    "crossover": {"fast": 5, "slow": 20},
    "momentum": {"formation": 60, "skipped": 5, "winners": 0.3, "losers": 0.3},
    "reversal": {"losers": 0.3, "winners": 0.3},
    "volatility_trend": {"formation": 60, "volatility_bars": 20, "short": 1},
    "pairs": {"estimation": 60, "enter": 1, "leave": 0.2},
}
TERMS = Terms(10_000, 10, 5, 0, 0.03)


def outcomes(prices: str, folder: Path) -> None:
    chosen = engine(environment.load())
    assert isinstance(chosen, SessionEngine)
    with chosen.session("running strategies") as spark:
        frame = spark.read.parquet(prices)
        for name, strategy in SHIPPED.items():
            found = run(frame, strategy, SHORT.get(name, {}), TERMS)
            for what in ("trades", "equity"):
                pq.write_table(getattr(found, what).toArrow(), folder / f"{name}.{what}.parquet")
    chosen.close()


if __name__ == "__main__":
    outcomes(sys.argv[1], Path(sys.argv[2]))
