"""What holds between two sessions of NSE, and what is found where it does not."""

from datetime import date
from pathlib import Path

import pytest
from support.good_rows import rows

from indextracker.lake import Lake
from indextracker.lake.checks import examine
from indextracker_catalogue.india.audits import (
    EACH_ROW_OF_ONE_INSTRUMENT,
    PREVIOUS_CLOSE_CARRIES_OVER,
    ROWS_AS_BEFORE,
)
from indextracker_catalogue.india.silver import EQUITIES_DAILY as TABLE
from indextracker_catalogue.india.silver import INSTRUMENTS

BEFORE, SESSION = date(2024, 10, 25), date(2024, 10, 28)
SYMBOLS = ("ALFA", "BRAVO", "CHAR")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def put(lake: Lake, session: date, **previous: float) -> None:
    """Securities of a session, each with its previous close; all close at 3."""
    changes = (
        {"session_date": session, "symbol": symbol, "previous_close": close}
        for symbol, close in previous.items()
    )
    lake.replace(TABLE, rows(TABLE, *changes), [str(session)])


def broken(lake: Lake) -> dict[str, int]:
    names = (PREVIOUS_CLOSE_CARRIES_OVER.name, ROWS_AS_BEFORE.name)
    found = examine(lake, TABLE, [str(SESSION)], [str(BEFORE)])
    counts = {one.rule.name: one.bad_rows for one in found}
    return {name: counts[name] for name in names if counts[name]}


def test_a_previous_close_is_the_last_one(lake: Lake) -> None:
    """On an ex-date too: of 4,023,720 rows with the session before them, five differ."""
    put(lake, BEFORE, **dict.fromkeys(SYMBOLS, 2.9))
    put(lake, SESSION, **dict.fromkeys(SYMBOLS, 3.0))
    assert broken(lake) == {}
    put(lake, SESSION, ALFA=3.0, BRAVO=3.0, CHAR=1.5)
    assert broken(lake) == {PREVIOUS_CLOSE_CARRIES_OVER.name: 1}


def test_nothing_is_said_where_the_session_before_is_another(lake: Lake) -> None:
    put(lake, BEFORE, **dict.fromkeys(SYMBOLS, 2.9))
    put(lake, SESSION, ALFA=3.0, BRAVO=4.0, CHAR=1.5)
    assert broken(lake) == {}
    put(lake, BEFORE)
    assert broken(lake) == {}


def test_half_of_the_rows_are_a_finding(lake: Lake) -> None:
    put(lake, BEFORE, **dict.fromkeys((*SYMBOLS, "DELTA"), 2.9))
    put(lake, SESSION, ALFA=3.0, BRAVO=3.0)
    assert broken(lake) == {}
    put(lake, SESSION, ALFA=3.0)
    assert broken(lake) == {ROWS_AS_BEFORE.name: 1}


def strangers(lake: Lake, *instruments: dict[str, object]) -> int:
    """Rows of a lake that are of no instrument, or of two."""
    lake.replace(INSTRUMENTS, rows(INSTRUMENTS, *instruments))
    found = {one.rule.name: one.bad_rows for one in examine(lake, INSTRUMENTS, None)}
    return found[EACH_ROW_OF_ONE_INSTRUMENT.name]


def test_each_row_is_of_one_instrument(lake: Lake) -> None:
    put(lake, BEFORE, ALFA=2.9)
    put(lake, SESSION, ALFA=3.0)
    alfa = {"symbol": "ALFA", "valid_from": BEFORE, "valid_to": SESSION}
    assert strangers(lake, alfa) == 0
    assert strangers(lake, alfa | {"valid_to": BEFORE}) == 1
    assert strangers(lake, alfa, alfa | {"instrument_id": "B", "valid_from": SESSION}) == 1
    assert strangers(lake, alfa | {"series": "BE"}) == 2
