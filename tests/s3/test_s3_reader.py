"""The reader on a lake in a bucket gives what it gives of the same lake in a folder."""

from pathlib import Path

from support.good_rows import put, rows

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t

TABLES = (t.PRODUCTS, t.CONTRACTS, t.FUTURES_BARS, t.FUTURES_TRADES)


def filled(place: str) -> Lakehouse:
    lake = Lake(place, "simulated")
    for table in TABLES:
        change = {"instrument": "Futures", "expire_code": "M"}
        put(lake, table, rows(table, change))
    return Lakehouse(place)


def test_bars_and_trades_are_read_from_a_bucket(prefix: str, tmp_path: Path) -> None:
    here, there = filled(str(tmp_path / "lake")), filled(prefix)
    assert there.world == "simulated"
    for ask in (
        lambda one: one.bars("TX", "M", minutes=5),
        lambda one: one.bars("TX", "M", minutes=10),
        lambda one: one.trades("TX"),
        lambda one: one.sql("select count(*) from gold.futures_bars"),
    ):
        assert ask(here).arrow().equals(ask(there).arrow())
        assert len(ask(there)) == 1
