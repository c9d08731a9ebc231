"""Frames of the reader: what is asked for, in which span, of which contract."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from support.good_rows import rows

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.versions import versions
from indextracker.reader import (
    Frame,
    MissingSessionsWarning,
    NoSessionError,
    UnknownNameError,
)
from indextracker.warehouse import DuckDBWarehouse
from indextracker_catalogue import taiwan as t

TUESDAY, WEDNESDAY, THURSDAY = (date(2024, 12, day) for day in (17, 18, 19))
WEEK = {"first": TUESDAY, "last": THURSDAY}


@pytest.fixture(autouse=True)
def nothing_is_missing_untold() -> Iterator[None]:
    """A warning that a test does not expect fails it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def column(frame: Frame, name: str) -> list[object]:
    return frame.arrow()[name].to_pylist()


def test_an_expire_code_is_a_contract_of_its_own_in_each_session(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars("TX", "M", minutes=60, part="day", **WEEK)
    assert column(found, "session_date") == [TUESDAY, WEDNESDAY, THURSDAY]
    assert column(found, "expiry") == ["202412", "202412", "202501"]
    assert column(found, "open") == [23_000.0, 23_000.0, 23_100.0]
    assert len(found.missing) == 0


def test_an_expiry_is_the_same_contract_in_all_sessions(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars("TX", "202501", minutes=60, part="night", **WEEK)
    assert column(found, "expiry") == ["202501"] * 3
    assert column(found, "session_part") == ["night"] * 3


def test_rows_are_in_the_order_of_time_and_typed_as_in_the_dictionary(
    lakehouse: Lakehouse,
) -> None:
    found = lakehouse.bars("TX", "M", **WEEK).arrow()
    starts = found["bar_start"].to_pylist()
    assert starts == sorted(starts)
    assert len(starts) == 3 * 2 * 2
    schema = arrow_schema(t.FUTURES_BARS)
    assert [found.schema.field(name) for name in found.column_names] == [
        schema.field(name) for name in found.column_names
    ]
    without = {"price_sum", "price_square_sum", "price_contracts_sum"}
    assert {*t.FUTURES_BARS.column_names} - {*found.column_names} == without


def test_a_spread_has_two_codes_or_expiries(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars("TX", "M/M+1", minutes=5, sessions=[TUESDAY, THURSDAY])
    assert column(found, "near_expiry") == ["202412", "202501"]
    same = lakehouse.bars("TX", "202412/202501", minutes=5, sessions=[TUESDAY])
    assert column(same, "far_expiry") == ["202501"]


def test_without_a_span_the_newest_session_that_is_there_is_meant(lakehouse: Lakehouse) -> None:
    assert set(column(lakehouse.trades("TX"), "session_date")) == {THURSDAY}


def test_a_number_of_sessions_is_counted_back_from_the_last(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars("TAIEX", minutes=5, sessions=2, last="2024-12-18")
    assert column(found, "session_date") == [TUESDAY, WEDNESDAY]


def test_instants_are_of_the_clock_and_not_of_the_session(lakehouse: Lakehouse) -> None:
    """Tuesday evening in Taipei is the night of Wednesday's session."""
    evening = lakehouse.bars(
        "TX", "202412", first="2024-12-17T15:00+08:00", last="2024-12-18T05:00+08:00"
    )
    assert set(column(evening, "session_date")) == {WEDNESDAY}
    assert set(column(evening, "session_part")) == {"night"}
    first = datetime(2024, 12, 17, 1, 1, tzinfo=UTC)
    rest = lakehouse.bars("TX", "202412", first=first, last=datetime(2024, 12, 17, 2, tzinfo=UTC))
    assert column(rest, "bar_start") == [first]


def test_trades_are_in_the_order_of_the_document(lakehouse: Lakehouse) -> None:
    found = lakehouse.trades("TX", sessions=[TUESDAY])
    assert column(found, "line") == [2, 3]
    assert found.arrow().schema == arrow_schema(t.FUTURES_TRADES)


def test_a_chain_has_series_that_were_traded_or_reported(lakehouse: Lakehouse) -> None:
    found = lakehouse.chain("TXO", TUESDAY)
    series = [(row["strike"], row["option_type"]) for row in found.arrow().to_pylist()]
    strikes = [Decimal("22900.0000"), Decimal("23000.0000"), Decimal("24000.0000")]
    assert series == [(s, o) for s in strikes[:2] for o in "CP"] + [(strikes[2], "C")]
    assert column(found, "expire_codes") == ["M,W"] * 5
    assert column(found, "settlement_price") == [5.5, None, 5.5, None, 5.5]
    assert column(found, "contracts") == [4, 4, 4, 4, None]
    calls = lakehouse.chain("TXO", TUESDAY, contract="W", option_type="C")
    assert column(calls, "option_type") == ["C"] * 3


def test_a_series_is_told_by_strike_and_type(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars(
        "TXO", "M", per="session", strike=23_000, option_type="call", sessions=[TUESDAY]
    )
    assert column(found, "strike") == [Decimal("23000.0000")]
    assert column(found, "option_type") == ["C"]


def test_contracts_have_codes_and_dates(lakehouse: Lakehouse) -> None:
    found = lakehouse.contracts("TX", sessions=[THURSDAY])
    assert column(found, "expire_code") == ["M", "M+1"]


def test_sessions_are_those_of_the_exchange(lakehouse: Lakehouse) -> None:
    found = lakehouse.sessions("XTAI", first="2024-12-13", last="2024-12-16").arrow()
    assert found.schema == pa_nullable(arrow_schema(t.SESSIONS))
    assert found.to_pylist() == [
        {
            "exchange": "XTAI",
            "session_date": day,
            "opened_at": datetime(2024, 12, day.day, 1, tzinfo=UTC),
            "closed_at": datetime(2024, 12, day.day, 5, 30, tzinfo=UTC),
            "previous_session_date": before,
        }
        for day, before in (
            (date(2024, 12, 13), date(2024, 12, 12)),
            (date(2024, 12, 16), date(2024, 12, 13)),
        )
    ]


def test_a_share_comes_with_its_earlier_symbols(lakehouse: Lakehouse) -> None:
    for symbol in ("NEW", "OLD"):
        found = lakehouse.equities(symbol, **WEEK)
        assert column(found, "symbol") == ["OLD", "OLD", "NEW"]
        assert column(found, "close") == [100.0, 102.0, 52.0]
        assert column(found, "adjustment") == [None] * 3


def test_prices_as_of_a_date_have_the_actions_up_to_it(lakehouse: Lakehouse) -> None:
    found = lakehouse.equities("NEW", adjusted=THURSDAY, **WEEK)
    assert column(found, "close") == [50.0, 51.0, 52.0]
    assert column(found, "adjustment") == [0.5, 0.5, 1.0]
    before = lakehouse.equities("NEW", first=TUESDAY, last=WEDNESDAY, adjusted=WEDNESDAY)
    assert column(before, "close") == [100.0, 102.0]
    with pytest.raises(ValueError, match="the span with 2024-12-19"):
        lakehouse.equities("NEW", adjusted=WEDNESDAY, **WEEK)


def test_news_are_of_a_symbol_or_a_topic(lakehouse: Lakehouse) -> None:
    span = {"first": "2024-12-17T09:00Z", "last": "2024-12-17T09:59Z"}
    assert column(lakehouse.news(**span), "article_id") == ["a", "b"]
    found = lakehouse.news(symbol="HDFCBANK", topic="Finance", **span)
    assert column(found, "article_id") == ["a"]
    assert column(found, "ticker_sentiment_score") == [0.3]
    assert column(found, "topic") == ["Finance"]


def test_sql_asks_the_lake_in_one_statement_that_reads(lakehouse: Lakehouse) -> None:
    answer = lakehouse.sql("select count(*) as n from gold.futures_bars").arrow()
    assert answer.to_pylist() == [{"n": 36}]
    with pytest.raises(ValueError, match="not a query"):
        lakehouse.sql("create table t as select 1")
    with pytest.raises(ValueError, match=r"no table gold/futures_bar: did you mean gold/futures_b"):
        lakehouse.sql("from gold.futures_bar")


def test_sql_asks_what_is_published_of_the_warehouse(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    lakehouse = Lakehouse(folder, warehouse=file)
    with pytest.raises(FileNotFoundError, match="warehouse"):
        lakehouse.sql("select 1", of="warehouse")
    made = DuckDBWarehouse(str(file), str(tmp_path / "private.duckdb"), "simulated")
    with made.writing():
        made.load(Lake(str(folder), "simulated"), [t.PRODUCTS], [])
        made.publish({})
    found = lakehouse.sql("select product from products order by 1", of="warehouse")
    assert column(found, "product") == ["MTX", "TE", "TX", "TXO"]
    with pytest.raises(ValueError, match="no earlier versions"):
        lakehouse.as_of(datetime.now(UTC)).sql("select 1", of="warehouse")


def test_any_table_is_read_by_its_path(lakehouse: Lakehouse) -> None:
    found = lakehouse.table("gold/index_bars", columns=["close"], **WEEK)
    assert found.columns == ["close"]
    assert len(found) == 3
    assert len(lakehouse.table("silver.products")) == 4


def test_rows_of_a_table_are_chosen_by_their_values(lakehouse: Lakehouse) -> None:
    found = lakehouse.table(
        "silver/contracts", sessions=[TUESDAY], columns=["expiry"], where={"product": "TX"}
    )
    assert found.columns == ["expiry"]
    assert sorted(set(column(found, "expiry"))) == ["202412", "202501"]
    several = lakehouse.table("silver/products", where={"product": ["TX", "TE"]})
    assert sorted(column(several, "product")) == ["TE", "TX"]
    none = lakehouse.table("silver/contracts", sessions=[TUESDAY], where={"product": "MTX"})
    assert column(none.missing, "reason") == ["it is there, and holds nothing of product MTX"]
    with pytest.raises(UnknownNameError, match="did you mean product"):
        lakehouse.table("silver/products", where={"produkt": "TX"})
    with pytest.raises(ValueError, match=r"no value of silver/contracts\.session_date"):
        lakehouse.table("silver/contracts", where={"session_date": "soon"})


def test_frames_are_had_in_polars_and_pandas(lakehouse: Lakehouse) -> None:
    found = lakehouse.bars("TX", "M", minutes=60, **WEEK).in_zone("Asia/Taipei")
    polars = found.polars()
    assert str(polars.schema["bar_start"]) == "Datetime(time_unit='us', time_zone='Asia/Taipei')"
    assert polars["contracts"].to_list() == column(found, "contracts")
    pandas = found.pandas()
    assert str(pandas["bar_start"].dtype) == "datetime64[us, Asia/Taipei]"
    assert str(pandas["contracts"].dtype) == "Int64"
    assert pandas["session_date"].dt.date.tolist() == column(found, "session_date")


def test_the_lakehouse_is_read_as_of_an_instant(lakehouse: Lakehouse) -> None:
    now = datetime.now(UTC)
    assert len(lakehouse.as_of(now).bars("TX", "M", **WEEK)) == 12
    with pytest.raises(LookupError, match="had no instruments at 2020-01-01 00:00:00 UTC"):
        lakehouse.as_of("2020-01-01T00:00Z").bars("TX", "M", **WEEK)


def close_of(lakehouse: Lakehouse) -> list[object]:
    return column(lakehouse.bars("TAIEX", minutes=5, sessions=[TUESDAY]), "close")


def test_what_is_replaced_is_still_had_as_of_before(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.replace(t.INDICES, rows(t.INDICES, {}))
    moments = []
    for close in (2.0, 3.0):
        bars = rows(t.INDEX_BARS, {"session_date": TUESDAY, "close": close})
        lake.replace(t.INDEX_BARS, bars, [str(TUESDAY)])
        moments.append(versions(lake.place(t.INDEX_BARS))[-1].committed_at)
        time.sleep(0.002)  # commits are dated to the millisecond
    now = Lakehouse(tmp_path / "lake")
    assert [close_of(now.as_of(moment)) for moment in moments] == [[2.0], [3.0]]
    assert close_of(now) == [3.0]
    later = rows(t.INDEX_BARS, {"session_date": WEDNESDAY})
    lake.replace(t.INDEX_BARS, later, [str(WEDNESDAY)])
    with pytest.warns(MissingSessionsWarning, match="not_built, it was not in gold/index_bars yet"):
        before = now.as_of(moments[1]).bars("TAIEX", minutes=5, sessions=[TUESDAY, WEDNESDAY])
    assert column(before, "session_date") == [TUESDAY]


def test_a_reader_sees_a_whole_slice_while_another_writes(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.replace(t.INDICES, rows(t.INDICES, {}))

    def write(writer: Lake, close: float) -> None:
        starts = [datetime(2024, 12, 17, 1, minute, tzinfo=UTC) for minute in range(0, 60, 5)]
        changes = [{"session_date": TUESDAY, "close": close, "bar_start": at} for at in starts]
        writer.replace(t.INDEX_BARS, rows(t.INDEX_BARS, *changes), [str(TUESDAY)])

    write(lake, 2.0)
    now = Lakehouse(tmp_path / "lake")
    seen = {close_of(now)[0]}
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(
            lambda: [write(Lake(lake.root, "simulated"), 3.0 + n % 2) for n in range(12)]
        )
        while not writing.done():
            found = close_of(now)
            assert (len(found), len({*found})) == (12, 1)
            seen.add(found[0])
        writing.result()
    # At least what was there before, and what was written last.
    assert {2.0, 4.0} <= seen | {close_of(now)[0]}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TXF", r"no instrument 'TXF': did you mean TX or "),
        ("TAIX", r"did you mean TAIEX"),
        ("6204", r"did you mean 006204"),
        ("???", r": there are 006204, MTX"),
    ],
)
def test_what_may_be_meant_by_an_instrument_is_said(
    lakehouse: Lakehouse, name: str, said: str
) -> None:
    with pytest.raises(UnknownNameError, match=said):
        lakehouse.bars(name)


def test_small_letters_mean_the_same(lakehouse: Lakehouse) -> None:
    assert len(lakehouse.bars("tx", "m", minutes=60, sessions=[TUESDAY])) == 2


def test_other_misspelt_names_are_told_too(lakehouse: Lakehouse) -> None:
    with pytest.raises(UnknownNameError, match="no expire code 'M1' of TX: did you mean M"):
        lakehouse.bars("TX", "M1", **WEEK)
    with pytest.raises(UnknownNameError, match="no expiry '202413' of TX: did you mean 202412"):
        lakehouse.bars("TX", "202413", **WEEK)
    with pytest.raises(UnknownNameError, match="no part of the session 'nigth': did you mean ni"):
        lakehouse.bars("TX", part="nigth")
    with pytest.raises(UnknownNameError, match="no symbol 'NWE': did you mean NEW"):
        lakehouse.equities("NWE", **WEEK)
    with pytest.raises(UnknownNameError, match="no topic 'Finanse': did you mean Finance"):
        lakehouse.news(first="2024-12-17T09:00Z", last="2024-12-17T10:00Z", topic="Finanse")
    with pytest.raises(UnknownNameError, match="no table 'gold/future_bars': did you mean gold/f"):
        lakehouse.table("gold/future_bars")


def test_what_does_not_go_together_is_refused(lakehouse: Lakehouse) -> None:
    with pytest.raises(ValueError, match="neither strikes nor types"):
        lakehouse.bars("TX", strike=23_000)
    with pytest.raises(ValueError, match="of kind index, which has no contracts"):
        lakehouse.bars("TAIEX", "M")
    with pytest.raises(ValueError, match="of kind index have no night"):
        lakehouse.bars("TAIEX", part="night")
    with pytest.raises(ValueError, match="of kind futures: a chain is of options"):
        lakehouse.chain("TX")
    with pytest.raises(ValueError, match="names no zone"):
        lakehouse.bars("TX", first=datetime(2024, 12, 17, 9))  # noqa: DTZ001 - that is refused


def test_a_day_without_a_session_is_said_with_its_neighbours(lakehouse: Lakehouse) -> None:
    with pytest.raises(NoSessionError, match="2024-12-21 to 2024-12-22 holds no session of XTAI"):
        lakehouse.bars("TX", first="2024-12-21", last="2024-12-22")
    with pytest.raises(NoSessionError, match="the nearest are 2024-12-20 and 2024-12-23"):
        lakehouse.chain("TXO", "2024-12-21")


def test_a_place_without_a_lake_is_told_with_the_one_inside(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"did you mean {folder}"):
        Lakehouse(folder.parent)
    with pytest.raises(FileNotFoundError, match="indextracker backfill makes one"):
        Lakehouse(folder / "gold")


def pa_nullable(schema: object) -> object:
    """The schema as frames have it that are made and not read."""
    import pyarrow as pa

    assert isinstance(schema, pa.Schema)
    return pa.schema([field.with_nullable(True) for field in schema])
