"""What holds in every warehouse: the same sessions give the same marts and the same answers."""

from __future__ import annotations

import datetime as dt

import pytest
from markets import answer

from indextracker.warehouse import Warehouse

CANDLESTICKS = (
    "select * from index join index_history on index.id = index_history.index_id "
    "where index.name = 'TAIEX' and index_history.scale = 5 "
    "and datetime between '2022-03-03' and '2022-03-04' order by index_history.datetime"
)
MARTS = {
    "index": 3,
    "index_history": 28,
    "derivative": 3,
    "derivative_detail": 6,
    "derivative_detail_code": 14,
    "derivative_detail_history": 41,
}


@pytest.mark.parametrize("mart", MARTS)
def test_marts_hold_the_same_rows(mart: str, in_file: Warehouse, in_cluster: Warehouse) -> None:
    everything = f"select * from marts.{mart}"
    here = sorted(answer(in_file, everything), key=repr)
    there = sorted(answer(in_cluster, everything), key=repr)
    assert here == there
    assert len(here) == MARTS[mart]


def test_the_candlestick_query_runs_as_it_stands(in_file: Warehouse, in_cluster: Warehouse) -> None:
    rows = answer(in_cluster, CANDLESTICKS)
    assert [(row[1], row[5], row[9]) for row in rows] == [
        ("TAIEX", dt.datetime.fromisoformat("2022-03-03T01:00"), 17902.0),
        ("TAIEX", dt.datetime.fromisoformat("2022-03-03T01:05"), 17905.0),
    ]
    assert rows == answer(in_file, CANDLESTICKS)


def test_relations_are_told_alike(in_file: Warehouse, in_cluster: Warehouse) -> None:
    def of_marts(made: Warehouse) -> dict[str, tuple[int, str]]:
        found = {name: (count, says) for name, count, says in made.relations()}
        return {name: told for name, told in found.items() if name.startswith("marts.")}

    assert of_marts(in_file) == of_marts(in_cluster)
    assert {
        name.removeprefix("marts."): count for name, (count, _) in of_marts(in_file).items()
    } == MARTS
