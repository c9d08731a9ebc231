"""The marts of NSE's small market, built by the real dbt: values, and every test of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.small_market import Build
from support.small_nse import ALFA, BETA, FIRST, GAMMA, OMEGA, SECOND, THIRD

Query = Callable[[str], list[tuple[Any, ...]]]


def test_an_instrument_keeps_its_history(query: Query) -> None:
    assert query(
        "select symbol, series, isin, is_own_series, valid_from, valid_to, is_current "
        f"from dim_instrument where instrument_id = '{ALFA}' order by valid_from, series"
    ) == [
        ("ALFA", "EQ", "INE000A01010", True, FIRST, FIRST, False),
        ("ALFA", "BL", "INE000A01028", False, SECOND, SECOND, False),
        ("ALFA", "EQ", "INE000A01028", True, SECOND, SECOND, False),
        ("ALFA", "BE", "INE000A01028", True, THIRD, THIRD, True),
    ]


def closes(query: Query, instrument: str) -> list[tuple[Any, ...]]:
    return query(
        "select session_date, series, close_price, adjustment_factor, adjusted_close_price "
        f"from fct_equity_day where instrument_id = '{instrument}' order by session_date"
    )


def test_prices_before_an_action_are_adjusted_and_block_deals_are_left_out(query: Query) -> None:
    assert closes(query, ALFA) == [
        (FIRST, "EQ", 510.0, 0.2, 102.0),
        (SECOND, "EQ", 102.5, 1.0, 102.5),
        (THIRD, "BE", 103.0, 1.0, 103.0),
    ]
    assert closes(query, BETA) == [
        (FIRST, "EQ", 40.0, 0.5, 20.0),
        (THIRD, "EQ", 21.0, 1.0, 21.0),
    ]


def test_nothing_is_adjusted_by_a_factor_that_is_not_known(query: Query) -> None:
    assert closes(query, OMEGA) == [
        (FIRST, "EQ", 8.5, None, None),
        (THIRD, "EQ", 7.0, 1.0, 7.0),
    ]


def test_a_day_has_delivery_returns_and_worth(query: Query) -> None:
    asked = (
        "select deliverable_percent, return_1, session_factor, corporate_actions, market_cap_inr, "
        "adjusted_vwap from fct_equity_day where session_date = '{}' and symbol = '{}'"
    )
    [alfa] = query(asked.format(SECOND, "ALFA"))
    assert alfa == (50.0, 0.0049, 0.2, "split", 102_500_000, 102.375)
    [bond] = query(asked.format(SECOND, "GAMMA"))
    assert bond == (None, 0.001, 1.0, None, None, 1_000.875)


def test_a_price_as_of_an_earlier_day_is_that_of_its_time(query: Query) -> None:
    """The factor of one time over that of a later one: on the first day nobody knew of a split."""
    [(close,)] = query(
        "select f.close_price * f.adjustment_factor / day.factor from fct_equity_day as f "
        "join dim_equity_factor as day on f.instrument_id = day.instrument_id "
        f"and date '{FIRST}' between day.valid_from and day.valid_to "
        f"where f.instrument_id = '{ALFA}' and f.session_date = '{FIRST}'"
    )
    assert close == 510.0


BOND = f"symbol = 'GAMMA' and session_date = '{FIRST}'"
# Each statement breaks one promise; beside it, the tests that must see it, and no other may.
VIOLATIONS = {
    **{
        f"insert into raw.{table} select * from raw.{table} where symbol = 'BETA' limit 1": {
            f"{table}_one_row_per_security"
        }
        for table in ("equities_daily", "equities_adjusted", "equity_returns", "market_caps")
    },
    "insert into raw.instruments select * from raw.instruments where symbol = 'GAMMA'": {
        "instruments_one_row_per_series_and_beginning"
    },
    f"update raw.equities_daily set close = close + 1 where {BOND}": {"nse_eod_is_complete"},
    f"delete from intermediate.int_nse_eod where {BOND}": {"nse_eod_is_complete"},
    f"delete from intermediate.int_equity_day where {BOND}": {"equity_day_is_complete"},
    f"insert into intermediate.int_nse_eod from intermediate.int_nse_eod where {BOND}": {
        "nse_eod_one_row_per_security"
    },
    f"update intermediate.int_nse_eod set low_price = high_price + 1 where {BOND}": {
        "nse_eod_prices_are_sound"
    },
    f"insert into intermediate.int_equity_day from intermediate.int_equity_day where {BOND}": {
        "equity_day_one_row_per_security",
        "fct_equity_day_one_row_per_instrument",
    },
    f"update intermediate.int_equity_day set low_price = 0 where {BOND}": {
        "equity_day_figures_are_sound"
    },
    f"update marts.dim_instrument set instrument_id = '{ALFA}' where symbol = 'BETA'": {
        "dim_instrument_is_called_one_thing_now",
        "fct_equity_day_one_row_per_instrument",
    },
    "update marts.dim_instrument set id = 1 where symbol in ('FUND', 'BETA')": {
        "dim_instrument_one_row_per_id"
    },
    f"update marts.dim_instrument set valid_from = '{FIRST}' where series = 'EQ'": {
        "dim_instrument_one_at_a_time",
        "fct_equity_day_one_row_per_instrument",
    },
    f"update marts.dim_instrument set valid_to = '{FIRST}' where symbol = 'FUND'": {
        "dim_instrument_begins_before_it_ends"
    },
    f"update marts.dim_equity_factor set valid_to = '{THIRD}' where factor = 0.2": {
        "dim_equity_factor_one_at_a_time",
        "fct_equity_day_one_row_per_instrument",
    },
    f"update marts.dim_equity_factor set factor = -1 where instrument_id = '{GAMMA}'": {
        "dim_equity_factor_is_positive"
    },
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_violation_is_seen_by_the_right_tests(
    violation: str, build: Build, database: Path, tmp_path: Path
) -> None:
    assert build.seen_by(violation, database, tmp_path) == VIOLATIONS[violation]


def test_every_test_of_india_has_its_violation(build: Build, database: Path) -> None:
    manifest = json.loads(
        (database.parent / "target" / "manifest.json").read_text(encoding="utf-8")
    )
    declared = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["fqn"][1] == "india"
    }
    assert declared <= {*build.data_tests}
    assert declared == set().union(*VIOLATIONS.values())


def test_sessions_are_of_the_market(query: Query) -> None:
    found = query("select distinct session_date from fct_equity_day order by 1")
    assert found == [(day,) for day in (date(2022, 3, 2), date(2022, 3, 3), date(2022, 3, 4))]
