"""Prices of collections and rows of runs, read by name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.good_rows import put, rows
from support.price_collections import put_collection, tickers

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.reader import UnknownNameError
from indextracker_catalogue import TABLES


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    put_collection(lake, "mine", companies=2, first="2019-01-01")
    put_collection(lake, "others", companies=1, first="2019-12-01")
    equity = TABLES["gold/strategy_equity"]
    for run_id in ("a" * 16, "b" * 16):
        put(lake, equity, rows(equity, {"run_id": run_id}), [run_id])
    return Lakehouse(tmp_path / "lake")


def test_prices_of_a_ticker_between_days(lakehouse: Lakehouse) -> None:
    first, second = sorted(tickers(2))
    found = lakehouse.prices("mine", second.lower(), first="2019-03-01", last="2019-03-04").arrow()
    assert found["ticker"].to_pylist() == [second] * 2
    assert found["at"].to_pylist() == [datetime(2019, 3, day, tzinfo=UTC) for day in (1, 4)]
    every = lakehouse.prices("mine").arrow()
    assert set(every["ticker"].to_pylist()) == {first, second}
    assert set(every["collection"].to_pylist()) == {"mine"}


def test_what_is_not_there_is_told(lakehouse: Lakehouse) -> None:
    with pytest.raises(UnknownNameError, match="no collection 'mien': did you mean mine"):
        lakehouse.prices("mien")
    with pytest.raises(UnknownNameError, match="no ticker 'QQQ' of mine"):
        lakehouse.prices("mine", "QQQ")


def test_rows_of_runs_are_read_without_days(lakehouse: Lakehouse) -> None:
    assert len(lakehouse.table("gold/strategy_equity").arrow()) == 2
    found = lakehouse.table("gold/strategy_equity", where={"run_id": "a" * 16}).arrow()
    assert found["run_id"].to_pylist() == ["a" * 16]
