"""Strategies of one's own: what is read of a file, and what is said of one that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from spark.strategies.bars import day, frame, history, walks

from indextracker.strategies.own import OwnStrategyError, load, source_digest
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.engine import run
from indextracker_spark.strategies.model import Terms
from indextracker_spark.strategies.truncation import looks_ahead

PYTHON = '''
"""Buys what fell.

More words.
"""
from pyspark.sql import Window, functions as F

PARAMETERS = {"bars": 2}
SIZING = "shares"
HISTORY = 2


def before(bars):
    return F.lag("close", bars).over(Window.partitionBy("ticker").orderBy("at"))


def positions(prices, parameters):
    fell = F.col("close") < before(int(parameters["bars"]))
    wanted = prices.select("ticker", "at", F.when(fell, 3.0).alias("target"))
    return wanted.where("target > 0")
'''
ARRAYS = """
import numpy as np
from indextracker_spark.strategies.by_ticker import ByTicker
from indextracker_spark.strategies.model import Strategy

def decide(bars, parameters):
    return np.where(bars["close"] > 15, size(), np.nan)

def size():
    return 7.0

STRATEGY = Strategy("mine", "Mine", "", (), lambda _: 0, "shares", "ticker", ByTicker(decide))
"""
SQL = """-- Buys what is above its mean.
-- parameter bars = 3
-- sizing = weight
with means as (
    select ticker, at, close, avg(close) over (
        partition by ticker order by at rows between 2 preceding and current row) as mean
    from prices
)
select ticker, at, case when close > mean then 1 else 0 end as target
from means
where close >= :bars;  -- and no others
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_function_with_parameters_is_a_strategy(spark: SparkSession, tmp_path: Path) -> None:
    strategy = load(written(tmp_path, "fallen.py", PYTHON))
    assert (strategy.name, strategy.meaning, strategy.sizing) == (
        "fallen",
        "Buys what fell.",
        "shares",
    )
    assert strategy.values({}) == {"bars": 2}
    assert strategy.history_rows({}) == 2
    rows = history("A", [10, 11, 9, 12, 13, 10])
    found = run(frame(spark, rows), strategy, {"bars": 1}, Terms()).trades.toArrow().to_pylist()
    assert [(row["decided_at"], row["shares"]) for row in found] == [(day(2), 3.0)]
    assert looks_ahead(frame(spark, walks(3, 60)), strategy, {}) == []


def test_a_strategy_object_is_taken_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    strategy = load(written(tmp_path, "mine.py", ARRAYS))
    rows = history("A", [10, 16, 16])
    found = run(frame(spark, rows), strategy, {}, Terms()).trades.toArrow().to_pylist()
    assert [(row["filled_at"], row["shares"]) for row in found] == [(day(2), 7.0)]


def test_a_select_is_a_strategy(spark: SparkSession, tmp_path: Path) -> None:
    strategy = load(written(tmp_path, "above.sql", SQL))
    assert strategy.meaning == "Buys what is above its mean."
    prices = frame(spark, history("A", [2, 10, 12, 8]))
    one = strategy.positions(prices, strategy.values({}))
    # A frame that is computed after another select was made has its own prices.
    two = strategy.positions(frame(spark, history("B", [10, 9, 20])), strategy.values({"bars": 10}))
    assert sorted(row["target"] for row in one.toArrow().to_pylist()) == [0, 1, 1]
    found = two.toArrow().to_pylist()
    assert sorted((row["ticker"], row["at"], row["target"]) for row in found) == [
        ("B", day(0), 0),
        ("B", day(2), 1),
    ]
    assert looks_ahead(frame(spark, walks(3, 60)), strategy, {}) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.py", "x = 1", "neither STRATEGY nor a function"),
        ("a.py", "x = 1\ndef positions(:", "line 2"),
        ("a.py", "x = 1\ny = 2\nraise KeyError('no such thing')", "line 3: KeyError: 'no such"),
        ("a.py", "STRATEGY = 3", "STRATEGY is a int"),
        ("a.py", "def positions(prices): ...", "takes two arguments"),
        ("a.py", "PARAMETERS = {'a': 'b'}\ndef positions(p, q): ...", "dict of numbers"),
        ("a.py", "FILL = 'now'\ndef positions(p, q): ...", "there are: next_open"),
        ("a.sql", "drop table prices", "one select"),
        ("a.sql", "select 1; drop table prices", "one select"),
        ("a.sql", "select * from prices where close > :limit", "-- parameter limit = 20"),
        ("a.sql", "-- parameter limit = much\nselect 1", "has to be a number"),
        ("a.sql", "-- size = 3\nselect 1", "is none of: parameter NAME, sizing"),
        ("a.txt", "", "Python file (.py) or a SQL select (.sql)"),
    ],
)
def test_a_file_that_is_no_strategy_is_told_with_its_path(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(OwnStrategyError) as told:
        load(path)
    assert said in str(told.value)
    assert str(path) in str(told.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OwnStrategyError, match="No such file"):
        source_digest(tmp_path / "none.py")


def test_a_select_without_a_target_is_told(spark: SparkSession, tmp_path: Path) -> None:
    strategy = load(written(tmp_path, "a.sql", "select ticker, at from prices"))
    with pytest.raises(OwnStrategyError, match="no target"):
        strategy.positions(frame(spark, history("A", [1])), {})


def test_the_shipped_are_no_paths() -> None:
    assert not [name for name in SHIPPED if name.endswith((".py", ".sql"))]
