"""What holds in every warehouse: the same sessions give the same marts and the same answers."""

from __future__ import annotations

import datetime as dt

import pytest
from warehouses.markets import MARKETS, answer

from indextracker.warehouse import Warehouse
from indextracker.warehouse.slices import LOADED
from indextracker_catalogue import SUBJECTS, TABLES, subject_of

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
    "index_session": 10,
    "derivative_session": 17,
    "spread": 1,
    "spread_history": 7,
    "spread_session": 2,
}
OF_INDIA = {
    "nse_eod": 12,
    "dim_instrument": 8,
    "dim_equity_factor": 8,
    "fct_equity_day": 11,
}
EVERY_MART = MARTS | OF_INDIA
ADJUSTED = (
    "select f.session_date, f.symbol, f.adjusted_close_price from dim_instrument as i "
    "join fct_equity_day as f on i.instrument_id = f.instrument_id "
    "where i.symbol = 'ALFA' and i.is_current order by f.session_date"
)


@pytest.mark.parametrize("mart", EVERY_MART)
def test_marts_hold_the_same_rows(mart: str, in_file: Warehouse, in_cluster: Warehouse) -> None:
    everything = f"select * from marts.{mart}"
    here = sorted(answer(in_file, everything), key=repr)
    there = sorted(answer(in_cluster, everything), key=repr)
    assert here == there
    assert len(here) == EVERY_MART[mart]


def test_adjusted_prices_of_a_share_are_asked_for_alike(
    in_file: Warehouse, in_cluster: Warehouse
) -> None:
    rows = answer(in_cluster, ADJUSTED)
    assert [(str(day), symbol, close) for day, symbol, close in rows] == [
        ("2022-03-02", "ALFA", 102.0),
        ("2022-03-03", "ALFA", 102.5),
        ("2022-03-04", "ALFA", 103.0),
    ]
    assert rows == answer(in_file, ADJUSTED)


def test_the_candlestick_query_runs_as_it_stands(in_file: Warehouse, in_cluster: Warehouse) -> None:
    rows = answer(in_cluster, CANDLESTICKS)
    assert [(row[1], row[6], row[10]) for row in rows] == [
        ("TAIEX", dt.datetime.fromisoformat("2022-03-03T01:00"), 17902.0),
        ("TAIEX", dt.datetime.fromisoformat("2022-03-03T01:05"), 17905.0),
    ]
    assert rows == answer(in_file, CANDLESTICKS)


def test_tables_of_raw_say_what_they_are(in_file: Warehouse, in_cluster: Warehouse) -> None:
    for made in (in_file, in_cluster):
        says = {name: text for name, _, text in made.relations()}
        of_markets = [SUBJECTS[name] for name in MARKETS]
        for table in (one for one in LOADED if subject_of(one) in of_markets):
            assert says[f"raw.{table.name}"] == table.meaning
    columns = (
        "select c.column_name, d.description from information_schema.columns as c"
        " join pg_class as r on r.relname = c.table_name"
        " join pg_namespace as n on n.oid = r.relnamespace and n.nspname = c.table_schema"
        " join pg_description as d on d.objoid = r.oid and d.objsubid = c.ordinal_position"
        " where c.table_schema = 'raw' and c.table_name = 'daily_report'"
    )
    report = TABLES["silver/daily_report"]
    assert dict(answer(in_cluster, columns)) == {c.name: c.description for c in report.columns}


def test_relations_are_told_alike(in_file: Warehouse, in_cluster: Warehouse) -> None:
    def of_marts(made: Warehouse) -> dict[str, tuple[int, str]]:
        found = {name: (count, says) for name, count, says in made.relations()}
        return {name: told for name, told in found.items() if name.startswith("marts.")}

    assert of_marts(in_file) == of_marts(in_cluster)
    assert {
        name.removeprefix("marts."): count for name, (count, _) in of_marts(in_file).items()
    } == EVERY_MART
