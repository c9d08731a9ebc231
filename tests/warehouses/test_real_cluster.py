"""A real cluster, where one is named: what a stand-in cannot show. The same runs on the stand-in.

INDEXTRACKER_TEST_REDSHIFT is its address, as INDEXTRACKER_WAREHOUSE would name it, of a database
that is for tests alone: its schemas are dropped. INDEXTRACKER_WAREHOUSE_PASSWORD,
INDEXTRACKER_STAGING and INDEXTRACKER_COPY_ROLE go with it, and credentials of AWS; the role of the
readers must be there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import redshift_connector
from warehouses.markets import answer, build, lake_of_the_market, load_all
from warehouses.test_both_warehouses import CANDLESTICKS, MARTS

from indextracker.lake.questions import QuestionError
from indextracker.settings import Settings, load
from indextracker.warehouse.redshift import RedshiftWarehouse

ADDRESS = os.environ.get("INDEXTRACKER_TEST_REDSHIFT", "")
SCHEMAS = ("marts", "marts_building", "published", "intermediate", "staging", "raw")


@pytest.mark.skipif(not ADDRESS, reason="INDEXTRACKER_TEST_REDSHIFT names no cluster")
def test_a_real_cluster_holds_the_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password, its role and where rows are staged are in the environment."""
    monkeypatch.setenv("INDEXTRACKER_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("INDEXTRACKER_WAREHOUSE", ADDRESS)
    check_that_it_holds_the_market(load(), tmp_path)


def test_the_stand_in_holds_it_too(on_cluster: Callable[..., Settings], tmp_path: Path) -> None:
    check_that_it_holds_the_market(on_cluster(tmp_path), tmp_path)


def check_that_it_holds_the_market(settings: Settings, tmp_path: Path) -> None:
    market, warehouse = lake_of_the_market(tmp_path), RedshiftWarehouse(settings)
    with warehouse._connected() as connection:
        for schema in SCHEMAS:
            connection.cursor().execute(f'drop schema if exists "{schema}" cascade')
        connection.commit()
    # Twice: made, then renewed.
    for _ in range(2):
        loaded = load_all(warehouse, market)
        assert loaded["gold/futures_bars"] > 0
        build(warehouse, tmp_path / "target")
        counts = {mart: answer(warehouse, f"select count(*) from {mart}")[0][0] for mart in MARTS}
        assert counts == MARTS
        assert [row[10] for row in answer(warehouse, CANDLESTICKS)] == [17902.0, 17905.0]
    spread = answer(
        warehouse, "select diststyle, sortkey1 from svv_table_info where \"table\" = 'option_bars'"
    )
    assert spread == [("KEY(strike)", "session_date")]
    with warehouse.ask(CANDLESTICKS) as asked:
        rows = pa.Table.from_batches(asked.batches, asked.schema)
    assert rows["price_close"].to_pylist() == [17902.0, 17905.0]
    with pytest.raises(QuestionError, match="nothing"), warehouse.ask("select nothing from index"):
        pass
    names = [name for name, _, _ in warehouse.columns()["marts.index"]]
    assert names == [*("id", "name", "market"), "name_chinese"]
    with warehouse.reading() as reader, pytest.raises(redshift_connector.Error):
        reader.execute("delete from marts.index")
