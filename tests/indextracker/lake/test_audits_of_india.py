"""What holds between two sessions of NSE, and what is found where it does not."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from support.documents import accepted
from support.good_rows import rows

from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds.india.holidays import HOLIDAYS
from indextracker.lake import Lake
from indextracker.lake.checks import examine
from indextracker_catalogue import TABLES, Audit
from indextracker_catalogue.india.audits import (
    CALENDAR_EQUALS_THE_LIST,
    CAPS_ARE_OF_THE_CLOSE,
    CARRIES_OVER_NEW_NAMES,
    EACH_ROW_OF_ONE_INSTRUMENT,
    FULL_ADDS_NOTHING,
    FULL_REACHES_THE_END,
    PREVIOUS_CLOSE_CARRIES_OVER,
    ROWS_AS_BEFORE,
)
from indextracker_catalogue.india.bronze import NSE_HOLIDAYS
from indextracker_catalogue.india.gold import EQUITIES_ADJUSTED
from indextracker_catalogue.india.reference import NSE_DAYS
from indextracker_catalogue.india.silver import EQUITIES_DAILY as TABLE
from indextracker_catalogue.india.silver import INSTRUMENTS, MARKET_CAPS
from indextracker_simulator.india.notices import holidays_json

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


def count(lake: Lake, audit: Audit, look_back: tuple[str, ...] = ()) -> int:
    """The rows that break an audit."""
    table = TABLES[audit.on]
    keys = None if table.is_whole else [str(SESSION)]
    found = {one.rule.name: one.bad_rows for one in examine(lake, table, keys, look_back)}
    return found[audit.name]


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (["udiff+full"] * 9, 0),
        (["udiff+full"] * 4 + ["udiff"] * 5, 1),  # it was cut off
        (["udiff+full"] * 5 + ["udiff"] * 4, 0),  # thin shares are left out as a rule
        (["udiff"] * 5 + ["udiff+full"] * 4, 0),
        (["legacy+full"] * 2 + ["legacy"] * 7, 1),
        (["legacy"] * 9, 0),  # there is none
    ],
)
def test_the_full_bhavcopy_goes_on_to_the_last_share(
    lake: Lake, formats: list[str], expected: int
) -> None:
    changes = [
        {"session_date": SESSION, "symbol": f"S{place}", "source_formats": one}
        for place, one in enumerate(formats)
    ]
    bonds = [
        {"session_date": SESSION, "symbol": f"Z{n}", "series": "N1", "source_formats": "legacy"}
        for n in range(9)
    ]
    lake.replace(TABLE, rows(TABLE, *changes, *bonds), [str(SESSION)])
    assert count(lake, FULL_REACHES_THE_END) == expected


@pytest.mark.parametrize(
    ("before", "formats", "expected"),
    [
        (["udiff+full"] * 4, ["udiff+full"] * 4, 0),
        (["udiff+full"] * 4, ["udiff+full"] + ["udiff"] * 3, 1),  # the full bhavcopy was cut off
        (["udiff+full"] * 4, ["udiff"] * 4, 0),  # it is not there at all
        (["legacy+full"] * 4, ["udiff+full"] * 4, 0),
        (["legacy"] * 4, ["legacy"], 1),
    ],
)
def test_each_document_has_as_many_rows_as_before(
    lake: Lake, before: list[str], formats: list[str], expected: int
) -> None:
    for session, some in ((BEFORE, before), (SESSION, formats)):
        changes = (
            {"session_date": session, "symbol": f"S{place}", "source_formats": one}
            for place, one in enumerate(some)
        )
        lake.replace(TABLE, rows(TABLE, *changes), [str(session)])
    assert count(lake, ROWS_AS_BEFORE, (str(BEFORE),)) == expected


@pytest.mark.parametrize(
    ("formats", "expected"),
    [(["udiff+full", "udiff"], 0), (["udiff", "full", "legacy+full"], 2), (["full"], 0)],
)
def test_udiff_has_what_any_other_document_has(
    lake: Lake, formats: list[str], expected: int
) -> None:
    changes = (
        {"session_date": SESSION, "symbol": f"S{place}", "source_formats": one}
        for place, one in enumerate(formats)
    )
    lake.replace(TABLE, rows(TABLE, *changes), [str(SESSION)])
    assert count(lake, FULL_ADDS_NOTHING) == expected


@pytest.mark.parametrize(("price", "expected"), [(3.0, 0), (3.24, 0), (3.4, 1), (0.3, 1)])
def test_a_capitalisation_is_of_the_close(lake: Lake, price: float, expected: int) -> None:
    """Of the last price, as a rule: within a tenth of the close, which is 3 here."""
    day = {"session_date": SESSION}
    cap = Decimal(f"{price * 1_000_000:.2f}")
    lake.replace(TABLE, rows(TABLE, day), [str(SESSION)])
    caps = day | {"issued_shares": 1_000_000, "market_cap_inr": cap}
    lake.replace(MARKET_CAPS, rows(MARKET_CAPS, caps), [str(SESSION)])
    assert count(lake, CAPS_ARE_OF_THE_CLOSE) == expected


def week(lake: Lake, *closed: date) -> None:
    """Friday, and Monday after it, as days of the calendar; closed ones are no sessions."""
    days = (
        {"day": day, "is_session": day not in closed, "is_special": False}
        for day in (BEFORE, SESSION)
    )
    lake.replace(NSE_DAYS, rows(NSE_DAYS, *days))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"symbol": "NEW", "previous_close": 3.0}, 0),
        ({"symbol": "NEW", "previous_close": 2.9}, 1),
        ({"series": "BE", "previous_close": 2.9}, 1),
        ({"series": "BL", "previous_close": 2.9}, 0),  # that of the last block deal
        ({"previous_close": 2.9}, 0),  # under the same name: told by silver/equities_daily
        ({"symbol": "NEW", "previous_close": 2.9, "instrument_id": "another"}, 0),
    ],
)
def test_a_previous_close_goes_with_a_share_to_its_new_name(
    lake: Lake, now: dict[str, object], expected: int
) -> None:
    week(lake)
    for session, cells in ((BEFORE, {}), (SESSION, now)):
        row = {"session_date": session} | cells
        lake.replace(EQUITIES_ADJUSTED, rows(EQUITIES_ADJUSTED, row), [str(session)])
    assert count(lake, CARRIES_OVER_NEW_NAMES, (str(BEFORE),)) == expected


def listed(lake: Lake, *days: str) -> int:
    """How many days of the calendar are told, where a list has these holidays."""
    holidays = (
        {"session_date": date(2024, 1, 1), "line": line, "trading_date": day}
        for line, day in enumerate(days, 1)
    )
    lake.replace(NSE_HOLIDAYS, rows(NSE_HOLIDAYS, *holidays), ["2024"])
    return count(lake, CALENDAR_EQUALS_THE_LIST)


def test_a_listed_holiday_is_no_session_and_what_is_none_is_listed(lake: Lake) -> None:
    week(lake)
    assert listed(lake, "26-Jan-2024", "27-Oct-2024") == 0
    assert listed(lake, "28-Oct-2024") == 1
    week(lake, SESSION)
    assert listed(lake, "28-OCT-2024") == 0
    assert listed(lake, "26-Jan-2024") == 1
    assert listed(lake) == 0  # no list of that year


def test_an_evening_of_muhurat_is_listed_and_has_a_session(lake: Lake) -> None:
    evening = {"day": SESSION, "is_session": True, "is_special": True}
    lake.replace(NSE_DAYS, rows(NSE_DAYS, evening))
    assert listed(lake, "28-Oct-2024") == 0


def test_the_calendar_is_that_of_the_simulated_exchange_s_lists(lake: Lake) -> None:
    """Of all years, closures at short notice and Diwali included; but not without one of them."""
    today = date(2026, 8, 21)
    lake.replace(NSE_DAYS, REFERENCES[NSE_DAYS].made(today))
    for year in range(2011, 2027):
        lists = accepted(HOLIDAYS, holidays_json(year, today), date(year, 1, 1))
        lake.replace(NSE_HOLIDAYS, lists, [str(year)])
    assert count(lake, CALENDAR_EQUALS_THE_LIST) == 0
    body = holidays_json(2024, today).replace(b"20-May-2024", b"21-May-2024")
    lists = accepted(HOLIDAYS, body, date(2024, 1, 1))
    lake.replace(NSE_HOLIDAYS, lists, ["2024"])
    assert count(lake, CALENDAR_EQUALS_THE_LIST) == 2
