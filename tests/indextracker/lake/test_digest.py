"""A digest knows rows, names and types, and neither order nor files nor history."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.good_rows import SESSION, Row, put, rows

from indextracker.lake import Lake
from indextracker.lake.digest import contents, digest
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as t

TUESDAY = date(2024, 12, 17)
EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
TRADES = [{"line": line, "price": 100.0 + line} for line in range(1, 6)]
CHANGES: list[Row] = [
    {"line": 6},
    {"price": 23_000.25},
    {"price": None},
    {"product": "TXF"},
    {"product": None},
    {"opening_auction": False},
    {"contracts": 5},
]


def digest_of(folder: Path, table: Table, *commits: pa.Table) -> str:
    lake = Lake(str(folder), "simulated")
    for commit in commits:
        lake.replace(table, commit, [*map(str, sorted(set(commit["session_date"].to_pylist())))])
    return digest(lake, table)


def test_order_and_commits_do_not_count(tmp_path: Path) -> None:
    monday = [change | {"session_date": SESSION} for change in TRADES]
    tuesday = [change | {"session_date": TUESDAY} for change in TRADES]
    table = t.FUTURES_TRADES
    at_once = digest_of(tmp_path / "one", table, rows(table, *monday, *tuesday))
    reversed_rows = rows(table, *reversed(monday))
    in_pieces = digest_of(
        tmp_path / "other", table, rows(table, *tuesday), reversed_rows, reversed_rows
    )
    assert at_once == in_pieces


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_every_cell_counts(tmp_path: Path, change: Row) -> None:
    table = t.FUTURES_TRADES
    good = digest_of(tmp_path / "good", table, rows(table, {"opening_auction": True}))
    assert good != digest_of(
        tmp_path / "changed", table, rows(table, {"opening_auction": True} | change)
    )


def test_equal_values_in_other_columns_are_other_rows(tmp_path: Path) -> None:
    table = t.FUTURES_SPREADS
    one, other = {"near_price": 1.0, "far_price": 2.0}, {"near_price": 2.0, "far_price": 1.0}
    assert digest_of(tmp_path / "one", table, rows(table, one)) != digest_of(
        tmp_path / "other", table, rows(table, other)
    )


def test_a_row_twice_is_not_a_row_once(tmp_path: Path) -> None:
    table = t.FUTURES_TRADES
    found = {digest_of(tmp_path / str(n), table, rows(table, *[{}] * n)) for n in (1, 2, 3)}
    assert len(found) == 3


@pytest.fixture(scope="module")
def of_nothing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digest of every table where there is none."""
    nowhere = Lake(str(tmp_path_factory.mktemp("nothing") / "lake"), "simulated")
    return {path: digest(nowhere, table) for path, table in TABLES.items()}


@EVERY_TABLE
def test_a_table_is_told_from_another_and_from_an_empty_one(
    tmp_path: Path, table: Table, of_nothing: dict[str, str]
) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    missing = of_nothing[table.path]
    lake.ensure([table])
    assert digest(lake, table) == missing
    put(lake, table, rows(table, {}))
    assert digest(lake, table) != missing
    assert digest(lake, table) not in of_nothing.values()


def test_sessions_and_versions_have_digests_of_their_own(tmp_path: Path) -> None:
    lake, table = Lake(str(tmp_path / "lake"), "simulated"), t.CONTRACTS
    days = [{"session_date": SESSION}, {"session_date": TUESDAY}]
    lake.replace(table, rows(table, *days), [str(SESSION), str(TUESDAY)])
    before, monday = digest(lake, table), digest(lake, table, [str(SESSION)])
    found = contents(lake, table)
    assert {session: count for session, (count, _) in found.items()} == {
        str(SESSION): 1,
        str(TUESDAY): 1,
    }
    lake.replace(table, rows(table, days[1] | {"expire_code": "W"}), [str(TUESDAY)])
    assert digest(lake, table) != before
    assert digest(lake, table, [str(SESSION)]) == monday
    assert digest(lake, table, as_of=1) == before
    assert [day for day, one in contents(lake, table).items() if one != found[day]] == [
        str(TUESDAY)
    ]


STRIKES = [Decimal(n) / 4 for n in range(8)]


@settings(max_examples=15)
@given(st.permutations(STRIKES))
def test_it_is_the_same_for_every_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[Decimal]
) -> None:
    table, folder = t.OPTION_TRADES, tmp_path_factory.mktemp("orders")
    found = {
        digest_of(folder / name, table, rows(table, *({"strike": strike} for strike in strikes)))
        for name, strikes in (("sorted", STRIKES), ("shuffled", order))
    }
    assert len(found) == 1
