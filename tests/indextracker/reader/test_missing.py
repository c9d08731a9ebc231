"""What is missing of what was asked for: told with a warning, and with its reason."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from support.good_rows import rows

from indextracker import Lakehouse
from indextracker.building.staleness import record as log_builds
from indextracker.lake import Lake
from indextracker.reader import MissingSessionsWarning
from indextracker_catalogue import taiwan as t

TUESDAY, THURSDAY = date(2024, 12, 17), date(2024, 12, 19)
FRIDAY, MONDAY = date(2024, 12, 20), date(2024, 12, 23)
NOT_ASKED = {"key": "2024-12-23", "feed": "taifex_futures", "state": "missing"} | {
    "reason": "not asked for yet"
}
REFUSED = {"key": "2024-12-20", "feed": "taifex_futures", "state": "refused"} | {
    "reason": "the zip is cut off"
}


def test_missing_sessions_are_told_with_their_reasons(lakehouse: Lakehouse) -> None:
    with pytest.warns(
        MissingSessionsWarning, match=r"no rows of 2 of 5 sessions .* the zip is cut"
    ):
        found = lakehouse.bars("TX", "M", minutes=60, first=TUESDAY, last=MONDAY)
    assert len(found) == 6
    assert found.missing.arrow().to_pylist() == [REFUSED, NOT_ASKED]
    assert "2 missing" in repr(found)


def test_the_warning_points_at_who_asked(lakehouse: Lakehouse) -> None:
    for ask in (
        lambda: lakehouse.bars("TX", "M", first=FRIDAY, last=FRIDAY),
        lambda: lakehouse.bars("TX", per="week", first=FRIDAY, last=FRIDAY),
        lambda: lakehouse.trades("TX", first=FRIDAY, last=FRIDAY),
        lambda: lakehouse.table("gold/futures_bars", first=FRIDAY, last=FRIDAY),
        lambda: lakehouse.equities(first=FRIDAY, last=FRIDAY),
    ):
        with pytest.warns(MissingSessionsWarning) as told:
            ask()
        assert [warning.filename for warning in told] == [__file__]


def test_a_chain_says_whose_figures_are_missing(lakehouse: Lakehouse, tmp_path: Path) -> None:
    """Trades and the exchange's own figures come in different documents."""
    with pytest.warns(MissingSessionsWarning) as told:
        lakehouse.chain("TXO", FRIDAY)
    assert [warning.filename for warning in told] == [__file__] * 2
    tables = ("gold/option_sessions", "silver/daily_report")
    for warning, table in zip(told, tables, strict=True):
        assert str(warning.message).startswith(f"{table} has no rows of 1 of 1 sessions")
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.replace(t.PRODUCTS, rows(t.PRODUCTS, {"product": "TXO", "instrument": "Options"}))
    for table in (t.CONTRACTS, t.OPTION_SESSIONS):
        of = {"session_date": TUESDAY, "product": "TXO", "session_part": "whole"}
        lake.replace(table, rows(table, of), [str(TUESDAY)])
    then = datetime.now(UTC)
    for asked in (Lakehouse(lake.root), Lakehouse(lake.root).as_of(then)):
        with pytest.warns(MissingSessionsWarning, match="silver/daily_report has no rows"):
            found = asked.chain("TXO", TUESDAY)
        assert found.arrow()["settlement_price"].to_pylist() == [None]
        assert len(found.missing) > 0
        report = {"session_date": TUESDAY, "product": "TXO", "settlement_price": 5.0}
        changed = rows(t.DAILY_REPORT, report | {"strike": Decimal("23000.0000")})
        lake.replace(t.DAILY_REPORT, changed, [str(TUESDAY)])
    assert Lakehouse(lake.root).chain("TXO", TUESDAY).missing.arrow().num_rows == 0


def test_what_is_there_and_holds_nothing_of_it_is_empty(lakehouse: Lakehouse) -> None:
    """MTX was not traded: no session is missing, and each is named."""
    found = lakehouse.bars("MTX", minutes=60, first=TUESDAY, last=THURSDAY)
    assert len(found) == 0
    assert {row["state"] for row in found.missing.arrow().to_pylist()} == {"empty"}
    assert "holds nothing of MTX" in str(found.missing.arrow()["reason"][0])


def test_a_session_may_be_there_of_futures_alone(tmp_path: Path) -> None:
    """Contracts of both are in one table, and neither waits for the other's document."""
    lake = Lake(str(tmp_path / "lake"), "simulated")
    kinds = [
        {"product": "TX", "instrument": "Futures"},
        {"product": "TXO", "instrument": "Options"},
    ]
    lake.replace(t.PRODUCTS, rows(t.PRODUCTS, *kinds))
    listed = [kinds[0] | {"session_date": day} for day in (TUESDAY, THURSDAY)]
    listed.append(kinds[1] | {"session_date": THURSDAY})
    lake.replace(t.CONTRACTS, rows(t.CONTRACTS, *listed), [str(TUESDAY), str(THURSDAY)])
    made_of = {
        str(TUESDAY): "taifex_futures=0",
        str(THURSDAY): "taifex_futures=0,taifex_options=0",
    }
    log_builds(lake, {"silver/contracts": made_of})
    asked = Lakehouse(tmp_path / "lake")
    assert len(asked.contracts("TX", sessions=[TUESDAY, THURSDAY]).missing) == 0
    with pytest.warns(MissingSessionsWarning, match="not asked for yet"):
        found = asked.contracts("TXO", sessions=[TUESDAY, THURSDAY])
    assert [row["feed"] for row in found.missing.arrow().to_pylist()] == ["taifex_options"]


def test_actions_that_nobody_knows_are_missing_of_adjusted_prices(lakehouse: Lakehouse) -> None:
    with pytest.warns(MissingSessionsWarning, match="gold/equities_adjusted has no rows of 1 of 4"):
        found = lakehouse.equities("NEW", first=TUESDAY, last=THURSDAY, adjusted=FRIDAY)
    assert found.arrow()["close"].to_pylist() == [50.0, 51.0, 52.0]
    assert {row["key"] for row in found.missing.arrow().to_pylist()} == {str(FRIDAY)}


def test_what_is_not_due_yet_is_told_only_where_it_was_named(lakehouse: Lakehouse) -> None:
    early = Lakehouse(lakehouse.place, clock=lambda: datetime(2024, 12, 20, 2, tzinfo=UTC))
    found = early.bars("TAIEX", first=FRIDAY)
    assert [row["state"] for row in found.missing.arrow().to_pylist()] == ["not_yet"]
    with pytest.warns(MissingSessionsWarning, match="not_yet"):
        early.bars("TAIEX", first=FRIDAY, last=FRIDAY)
