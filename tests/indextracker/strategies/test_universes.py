"""Universes: which prices are read, and with how much history before them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support import market_lake, one_sail
from support.price_collections import companies_file, put_collection, tickers

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reader.names import UnknownNameError
from indextracker.strategies import universes
from indextracker.strategies.universes import CompaniesError, NoPricesError, Prices, Span
from indextracker_catalogue.files import silver

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"), "simulated")
    put_collection(made, companies=2, first="2018-01-01")
    return made


def prices(lake: Lake, span: Span) -> Prices:
    return universes.find(lake, "prices").prices(lake, "prices", span)


def rows(found: Prices) -> pa.Table:
    with one_sail.engine().session("a test") as spark:
        return found.frame(spark).toArrow().sort_by([("ticker", "ascending"), ("at", "ascending")])


def test_all_of_a_collection_is_read_by_default(lake: Lake) -> None:
    found = prices(lake, Span(None, None))
    assert (found.begins, found.first, found.last) == (
        *(date(2018, 1, 1), date(2018, 1, 1), date(2019, 12, 31)),
    )
    read = rows(found)
    assert set(read["ticker"].to_pylist()) == set(tickers(2))
    assert len(read) == 2 * 522


def test_history_is_read_before_the_first_day_and_nothing_after_the_last(lake: Lake) -> None:
    found = prices(lake, Span(date(2019, 7, 1), date(2019, 9, 30), history_rows=100))
    days = {at.date() for at in rows(found)["at"].to_pylist()}
    before = [day for day in days if day < date(2019, 7, 1)]
    assert len(before) >= 100
    assert min(before) >= date(2019, 7, 1) - timedelta(days=200)
    assert max(days) == date(2019, 9, 30)


def test_more_history_than_there_is_begins_with_the_first_bar(lake: Lake) -> None:
    assert prices(lake, Span(date(2018, 2, 1), None, history_rows=5000)).begins == date(2018, 1, 1)


def test_of_rows_of_one_time_the_last_file_counts(lake: Lake) -> None:
    before = lake.rows(silver.FILE_PRICES, ["prices"]).to_table()
    again = before.slice(0, 1).to_pylist()[0] | {"file": "zz.csv", "close": 1234.0}
    more = pa.concat_tables([before, pa.Table.from_pylist([again], schema=before.schema)])
    lake.replace(silver.FILE_PRICES, more, ["prices"])
    read = rows(prices(lake, Span(None, None)))
    assert len(read) == 2 * 522
    assert 1234.0 in read["close"].to_pylist()


def test_adjusted_prices_keep_the_shape_of_a_bar(lake: Lake) -> None:
    plain, adjusted = (
        rows(prices(lake, Span(None, None))),
        rows(prices(lake, Span(None, None, adjusted=True))),
    )
    assert adjusted["close"].to_pylist() == pytest.approx(plain["adj_close"].to_pylist())
    ratio = pc.divide(plain["close"], adjusted["close"]).to_pylist()
    assert pc.divide(plain["open"], adjusted["open"]).to_pylist() == pytest.approx(ratio)


def test_what_was_read_is_known_by_its_contents(lake: Lake) -> None:
    first = prices(lake, Span(None, None)).reads["silver/file_prices"]
    put_collection(lake, "others", companies=1, first="2019-01-01")
    second = prices(lake, Span(None, None)).reads["silver/file_prices"]
    assert second["digest"] == first["digest"]
    assert second["version"] != first["version"]
    put_collection(lake, companies=3, first="2018-01-01")
    assert prices(lake, Span(None, None)).reads["silver/file_prices"]["digest"] != first["digest"]


def test_documents_tell_what_was_read_and_not_the_files_of_the_lake(lake: Lake) -> None:
    before = prices(lake, Span(None, None)).reads["silver/file_prices"]
    # As compaction leaves them: the same rows in other files.
    written = lake.rows(silver.FILE_PRICES, ["prices"]).to_table()
    lake.replace(silver.FILE_PRICES, written, ["prices"])
    after = prices(lake, Span(None, None)).reads["silver/file_prices"]
    assert (after["digest"], after["version"] != before["version"]) == (before["digest"], True)
    # The same documents, loaded again: by another layout perhaps.
    documents = lake.rows(silver.FILE_DOCUMENTS, ["prices"]).to_table().to_pylist()
    again = [row | {"loaded_at": NOW} for row in documents if row["collection"] == "prices"]
    schema = arrow_schema(silver.FILE_DOCUMENTS)
    lake.replace(silver.FILE_DOCUMENTS, pa.Table.from_pylist(again, schema), ["prices"])
    assert prices(lake, Span(None, None)).reads["silver/file_prices"]["digest"] != before["digest"]


@pytest.mark.parametrize("adjusted", [False, True])
def test_bars_of_a_ticker_are_those_of_a_run(lake: Lake, adjusted: bool) -> None:
    first, *others = lake.rows(silver.FILE_PRICES, ["prices"]).to_table().to_pylist()
    again = first | {"file": "zz.csv", "close": 1234.0, "adj_close": None}
    schema = arrow_schema(silver.FILE_PRICES)
    lake.replace(
        silver.FILE_PRICES, pa.Table.from_pylist([first, again, *others], schema), ["prices"]
    )
    of_run = rows(prices(lake, Span(None, None, adjusted=adjusted)))
    assert_bars(lake, "prices", first["ticker"], of_run, adjusted=adjusted)


def test_bars_of_a_share_are_those_of_a_run(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    market_lake.fill_shares(lake)
    found = universes.find(lake, "nse").prices(lake, "nse", Span(None, None))
    assert_bars(lake, "nse", market_lake.SPLIT, rows(found), adjusted=False)


def assert_bars(lake: Lake, name: str, ticker: str, of_run: pa.Table, *, adjusted: bool) -> None:
    """The bars of a ticker are the rows that a run has of it."""
    expected = of_run.filter(pc.field("ticker") == ticker).select(universes.BARS).to_pylist()
    span = expected[0]["at"].date(), expected[-1]["at"].date()
    bars = universes.of_name(name).bars(Lakehouse(lake.root), name, ticker, span, adjusted=adjusted)
    assert len(expected) > 10
    assert [row["at"] for row in bars.to_pylist()] == [row["at"] for row in expected]
    for price in ("open", "high", "low", "close"):
        assert bars[price].to_pylist() == pytest.approx([row[price] for row in expected])


def test_sectors_come_from_a_file_of_companies(lake: Lake, tmp_path: Path) -> None:
    told = universes.sectors_of(companies_file(tmp_path, 1))
    assert told == tickers(1)
    read = rows(prices(lake, Span(None, None, sectors=told)))
    found = dict(zip(read["ticker"].to_pylist(), read["sector"].to_pylist(), strict=True))
    assert found == {**dict.fromkeys(tickers(2)), **told}


def test_a_file_without_sectors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("symbol,name\nABC,Abc\n")
    with pytest.raises(CompaniesError, match=r"list.csv has no columns `ticker` and `sector`"):
        universes.sectors_of(tmp_path / "list.csv")


def test_a_wrong_name_and_days_without_prices_are_told(lake: Lake) -> None:
    with pytest.raises(UnknownNameError, match=r"no prices called 'price': did you mean prices\?"):
        universes.find(lake, "price")
    with pytest.raises(NoPricesError, match="there are those of 2018-01-01 to 2019-12-31"):
        prices(lake, Span(date(2021, 1, 1), None))
