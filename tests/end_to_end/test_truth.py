"""The pipeline's tables of the simulated documents equal what happened at the exchange."""

from datetime import date

import pytest
from support.keys import keys, keys_of
from support.market import BEFORE_TYPHOON, SESSIONS, TRUE_TABLES, Market

from indextracker.building.earlier import earlier
from indextracker.calendars import calendar
from indextracker.lake.checks import examine
from indextracker_catalogue import AUDITS, SUBJECTS, TABLES, tables_of
from indextracker_catalogue.taiwan import XTAI


@pytest.mark.parametrize("table", TRUE_TABLES)
@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_row_is_true(market: Market, session: date, table: str) -> None:
    assert market.truth(table, session).num_rows > 0
    assert market.differences(table, session) == []


def test_the_products_that_nobody_described_are_marked(market: Market) -> None:
    with market.lake.sql([TABLES["silver/contracts"]], {XTAI: [*map(str, SESSIONS)]}) as connection:
        rows = connection.execute("select distinct product, product_assumed from contracts")
        marks = dict(rows.fetchall())
    assert {product for product, assumed in marks.items() if assumed} == {"QQF"}
    assert len(marks) == 9


def test_an_index_that_nobody_mapped_keeps_its_name(market: Market) -> None:
    with market.lake.sql(
        [TABLES["gold/index_sessions"]], {XTAI: [str(BEFORE_TYPHOON)]}
    ) as connection:
        rows = connection.execute("select distinct index_id from index_sessions").fetchall()
    assert [name for (name,) in rows if not name.isascii()] == ["模擬測試指數"]


TAIWANS = {table.path for table in tables_of(SUBJECTS["taiwan"])}
# CDF has had a night since the evening of 2024-01-22; the simulated one has always had it.
OUT_OF_HOURS = {"trades_in_hours": 1}


@pytest.mark.parametrize("path", sorted({audit.on for audit in AUDITS} & TAIWANS))
def test_the_tables_agree_with_each_other(market: Market, path: str) -> None:
    table = TABLES[path]
    names = {audit.name for audit in AUDITS}
    before = earlier(calendar, XTAI, keys(SESSIONS), 1)
    findings = examine(market.lake, table, keys_of(table, SESSIONS), before)
    broken = {one.rule.name: one.bad_rows for one in findings if one.bad_rows}
    expected = OUT_OF_HOURS if path == "silver/futures_trades" else {}
    assert {name: found for name, found in broken.items() if name in names} == expected
