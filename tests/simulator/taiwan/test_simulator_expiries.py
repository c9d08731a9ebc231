from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.expiries import expire_codes, last_trading_date, listed
from indextracker_simulator.taiwan.products import OPTIONS, PRODUCTS, Terms

BY_NAME: dict[str, Terms] = {product.name: product for product in (*PRODUCTS, *OPTIONS)}


@pytest.mark.parametrize(
    "closed",
    [
        date(2022, 2, 4),
        date(2023, 1, 18),
        date(2023, 1, 19),
        date(2023, 8, 3),
        date(2024, 7, 24),
        date(2024, 7, 25),
        date(2024, 10, 2),
        date(2024, 10, 3),
        date(2024, 10, 31),
        date(2024, 12, 14),
    ],
)
def test_closed_days(closed: date) -> None:
    assert not trading_calendar().is_session(closed)


def test_sessions_of_a_year() -> None:
    years = Counter(session.year for session in trading_calendar().sessions)
    assert [years[year] for year in (2020, 2021, 2022, 2023, 2024)] == [245, 244, 246, 239, 242]


def test_previous_session_leaps_a_long_holiday() -> None:
    assert trading_calendar().previous(date(2025, 2, 3)) == date(2025, 1, 22)


@pytest.mark.parametrize(
    ("expiry", "session", "ends"),
    [
        ("202412", date(2024, 12, 13), date(2024, 12, 18)),
        ("202412W4", date(2024, 12, 13), date(2024, 12, 25)),
        ("202301", date(2023, 1, 17), date(2023, 1, 30)),
        ("202301", date(2022, 12, 1), date(2023, 1, 30)),
        ("202108", date(2021, 7, 26), date(2021, 8, 18)),
        ("202107W4", date(2021, 7, 26), date(2021, 7, 28)),
        ("202501W1", date(2024, 12, 20), date(2025, 1, 2)),
        # Typhoon Gaemi: nobody knew on the Monday.
        ("202407W4", date(2024, 7, 22), date(2024, 7, 24)),
        ("202407W4", date(2024, 7, 23), date(2024, 7, 24)),
        ("202407W4", date(2024, 7, 26), date(2024, 7, 26)),
        ("202506F4", date(2025, 6, 20), date(2025, 6, 27)),
        ("202505F5", date(2025, 5, 20), date(2025, 6, 2)),  # the Friday was Dragon Boat
        # Typhoon Krathon
        ("202410W1", date(2024, 10, 1), date(2024, 10, 2)),
        ("202410W1", date(2024, 10, 4), date(2024, 10, 4)),
    ],
)
def test_last_trading_date(expiry: str, session: date, ends: date) -> None:
    assert last_trading_date(expiry, session) == ends


@pytest.mark.parametrize(
    ("session", "codes"),
    [
        (
            date(2024, 12, 13),
            {
                "M": "202412",
                "M+1": "202501",
                "M+2": "202502",
                "Q+1": "202503",
                "Q+2": "202506",
                "Q+3": "202509",
                "W": "202412",
                "W+1": "202412W4",
                "F": "202412F2",
                "F+1": "202412F3",
            },
        ),
        (
            date(2024, 12, 19),
            {
                "M": "202501",
                "M+1": "202502",
                "M+2": "202503",
                "Q+1": "202506",
                "Q+2": "202509",
                "Q+3": "202512",
                "W": "202412W4",
                "W+1": "202501W1",
                "F": "202412F3",
                "F+1": "202412F4",
            },
        ),
        # Two weeks fell into the holiday: all their expiries moved to the session after it.
        (
            date(2023, 1, 30),
            {
                "M": "202301",
                "M+1": "202302",
                "M+2": "202303",
                "Q+1": "202306",
                "Q+2": "202309",
                "Q+3": "202312",
                "W": "202301",
                "W+1": "202301W4",
                "F": "202301F3",
                "F+1": "202301F4",
            },
        ),
    ],
)
def test_codes_follow_the_rule(session: date, codes: dict[str, str]) -> None:
    assert expire_codes(BY_NAME["TX"], session) == codes
    assert expire_codes(BY_NAME["CDF"], session) == codes


def test_a_contract_keeps_its_code_to_its_last_day() -> None:
    assert expire_codes(BY_NAME["TX"], date(2024, 12, 18))["M"] == "202412"


def test_an_unknown_rule_gives_no_codes() -> None:
    assert expire_codes(BY_NAME["TJF"], date(2024, 12, 13)) == {}


@pytest.mark.parametrize(
    ("product", "expiries"),
    [
        ("TX", ["202412", "202501", "202502", "202503", "202506", "202509"]),
        (
            "MTX",
            [
                "202412",
                "202412W4",
                "202501W1",
                "202501",
                "202502",
                "202503",
                "202506",
                "202509",
            ],
        ),
        ("CDF", ["202412", "202501", "202503", "202506", "202509"]),
        ("OJF", ["202412", "202501", "202503"]),
        ("TJF", ["202503", "202506"]),
    ],
)
def test_listed_contracts(product: str, expiries: list[str]) -> None:
    assert list(listed(BY_NAME[product], date(2024, 12, 13))) == expiries


def _listed(session: date, *, product: str = "TXO") -> list[str]:
    return list(listed(BY_NAME[product], session))


def test_listed_options() -> None:
    # As the exchange's report of that session: no weekly ends with the monthly on 2023-01-30.
    assert _listed(date(2023, 1, 30)) == [
        "202301",
        "202302W1",
        "202302W2",
        "202302",
        "202303",
        "202306",
        "202309",
    ]
    fridays = [expiry for expiry in _listed(date(2025, 6, 25)) if "F" in expiry]
    assert fridays == ["202506F4", "202507F1"]
    assert not any("F" in expiry for expiry in _listed(date(2024, 12, 31)))
    assert _listed(date(2024, 12, 13), product="TFO") == ["202412", "202501", "202503"]


def test_no_two_contracts_end_together_after_a_holiday() -> None:
    session = date(2025, 2, 3)
    ends = Counter(last_trading_date(expiry, session) for expiry in _listed(session))
    assert max(ends.values()) == 1
    assert ends[session] == 1


def test_a_typhoon_takes_no_listed_contract_away() -> None:
    before, after = _listed(date(2024, 7, 23)), _listed(date(2024, 7, 26))
    assert before == after
    assert last_trading_date("202407W4", date(2024, 7, 26)) == date(2024, 7, 26)
