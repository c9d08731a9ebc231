"""What the pipeline makes of the exchange's documents is what happened at the exchange."""

from datetime import date

import pytest
from end_to_end.market import BEFORE_TYPHOON, SESSIONS, TRUE_TABLES, Market

from indextracker_spark.tables import TABLES


@pytest.mark.parametrize("table", TRUE_TABLES)
@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_row_is_true(market: Market, session: date, table: str) -> None:
    assert market.truth(table, session).num_rows > 0
    assert market.differences(table, session) == []


def test_the_products_that_nobody_described_are_marked(market: Market) -> None:
    with market.lake.sql([TABLES["silver/contracts"]], SESSIONS) as connection:
        rows = connection.execute("select distinct product, product_assumed from contracts")
        marks = dict(rows.fetchall())
    assert {product for product, assumed in marks.items() if assumed} == {"QQF"}
    assert len(marks) == 7


def test_an_index_that_nobody_mapped_keeps_its_name(market: Market) -> None:
    with market.lake.sql([TABLES["gold/index_sessions"]], [BEFORE_TYPHOON]) as connection:
        rows = connection.execute("select distinct index_id from index_sessions").fetchall()
    assert [name for (name,) in rows if not name.isascii()] == ["模擬測試指數"]
