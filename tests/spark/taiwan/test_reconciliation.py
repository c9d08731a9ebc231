"""Our figures against the exchange's: a row per contract, and the class of each difference."""

from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_spark.job import conform
from indextracker_spark.jobs import JOBS

SESSION = date(2024, 12, 16)
EQUAL, BLOCKS, UNEXPLAINED = "equal", "block trades", "unexplained"
PRICES = ("open", "high", "low", "close")
NONE = (None, None, None, None)
SOME = (23000.0, 23100.0, 22900.5, 23050.0)
A_LEG = (23010.0, None, None, 23010.0)

# official prices and contracts; our prices, contracts and legs of spreads; the class
Case = tuple[tuple, int | None, tuple, int | None, int, str]
CASES: dict[str, Case] = {
    "all agrees": (SOME, 10, SOME, 10, 0, EQUAL),
    "legs of spreads count": (SOME, 10, SOME, 7, 3, EQUAL),
    "nothing traded": (NONE, 0, NONE, None, 0, EQUAL),
    "legs alone traded": (A_LEG, 3, NONE, 0, 3, EQUAL),
    "blocks beside trades": (SOME, 12, SOME, 10, 0, BLOCKS),
    "blocks beside legs": (A_LEG, 5, NONE, 0, 3, BLOCKS),
    "blocks alone": (NONE, 5, NONE, None, 0, BLOCKS),
    "less than ours": (SOME, 9, SOME, 10, 0, UNEXPLAINED),
    "another open": ((1.0, *SOME[1:]), 10, SOME, 10, 0, UNEXPLAINED),
    "another high": ((*SOME[:1], 1.0, *SOME[2:]), 10, SOME, 10, 0, UNEXPLAINED),
    "another low": ((*SOME[:2], 1.0, *SOME[3:]), 10, SOME, 10, 0, UNEXPLAINED),
    "another close": ((*SOME[:3], 1.0), 12, SOME, 10, 0, UNEXPLAINED),
    "prices of which we have none": (SOME, 10, NONE, None, 0, UNEXPLAINED),
    "a leg of which we have none": (A_LEG, 10, NONE, None, 0, UNEXPLAINED),
    "legs of which the report has no price": (NONE, 3, NONE, 0, 3, UNEXPLAINED),
    "prices of which the report has none": (NONE, 10, SOME, 10, 0, UNEXPLAINED),
    "a contract that is not in the report": (NONE, None, SOME, 10, 0, UNEXPLAINED),
}
NAMES = list(CASES)


def _expiry(case: str) -> str:
    return f"2025{NAMES.index(case) + 1:02d}"


def _priced(prices: tuple) -> dict[str, object]:
    return dict(zip(PRICES, prices, strict=True))


def _reported(key: dict[str, object], prices: tuple, contracts: int | None) -> list[dict]:
    if contracts is None:
        return []
    return [{"session_date": SESSION, **key, **_priced(prices), "contracts": contracts}]


def _traded(key: dict[str, object], prices: tuple, contracts: int | None, legs: int) -> list[dict]:
    if contracts is None:
        return []
    figures = {"contracts": contracts, "spread_contracts": legs} | _priced(prices)
    row = {"session_date": SESSION, **key, **figures}
    return [row, row | {"session_part": "whole", "contracts": 999}]


def _rows(frame: DataFrame) -> dict[tuple, dict[str, object]]:
    found = {}
    for row in conform(frame, t.RECONCILIATION).toArrow().to_pylist():
        key = tuple(row[name] for name in (*t.RECONCILIATION.key, *t.RECONCILIATION.key_nullable))
        assert key not in found
        found[key] = row
    return found


@pytest.fixture(scope="module")
def futures(frames: Frames) -> dict[tuple, dict[str, object]]:
    """Each case as an outright contract of the day."""
    report, ours = [], []
    for case, (official, reported, computed, traded, legs, _) in CASES.items():
        key = {"session_part": "day", "product": "TX", "expiry": _expiry(case)}
        report += _reported(key, official, reported)
        ours += _traded(key, computed, traded, legs)
    return _rows(
        JOBS["gold/reconciliation/Futures"].transform(
            frames.of(t.DAILY_REPORT, report),
            frames.of(t.FUTURES_SESSIONS, ours),
            frames.of(t.SPREAD_SESSIONS, []),
        )
    )


@pytest.mark.parametrize("case", CASES)
def test_the_class_of_a_contract(futures: dict[tuple, dict[str, object]], case: str) -> None:
    official, reported, computed, traded, legs, meant = CASES[case]
    row = futures[SESSION, "day", "TX", _expiry(case), None, None]
    ours = (traded or 0) + legs
    assert row["class"] == meant
    assert (row["official_contracts"], row["computed_contracts"]) == (reported, ours)
    assert row["contracts_difference"] == (None if reported is None else reported - ours)
    assert tuple(row[f"official_{name}"] for name in PRICES) == official
    assert tuple(row[f"computed_{name}"] for name in PRICES) == computed
    assert row["instrument"] == "Futures"


def test_parts_of_the_session_are_apart(
    frames: Frames, futures: dict[tuple, dict[str, object]]
) -> None:
    assert len(futures) == len(CASES)
    night = {"session_part": "night", "product": "TX", "expiry": "202501"}
    found = _rows(
        JOBS["gold/reconciliation/Futures"].transform(
            frames.of(t.DAILY_REPORT, _reported(night | {"session_part": "day"}, SOME, 10)),
            frames.of(t.FUTURES_SESSIONS, _traded(night, SOME, 10, 0)),
            frames.of(t.SPREAD_SESSIONS, []),
        )
    )
    assert {key[1]: row["class"] for key, row in found.items()} == {
        "day": UNEXPLAINED,
        "night": UNEXPLAINED,
    }


def test_spreads_stand_under_their_pair(frames: Frames) -> None:
    """The report counts spreads, the legs stand in the rows of their own contracts."""
    pair = {"session_part": "day", "product": "TX", "expiry": "202412/202501"}
    legs = {"near_expiry": "202412", "far_expiry": "202501"}
    prices = (-5.0, 4.5, -5.0, 0.0)
    found = _rows(
        JOBS["gold/reconciliation/Futures"].transform(
            frames.of(t.DAILY_REPORT, _reported(pair, prices, 7)),
            frames.of(t.FUTURES_SESSIONS, []),
            frames.of(t.SPREAD_SESSIONS, _spread(pair | legs, prices, 7)),
        )
    )
    row = found[SESSION, "day", "TX", "202412/202501", None, None]
    assert (row["class"], row["computed_contracts"], len(found)) == (EQUAL, 7, 1)


def _spread(key: dict[str, object], prices: tuple, contracts: int) -> list[dict]:
    names = {column.name for column in t.SPREAD_SESSIONS.columns}
    return [
        {name: cell for name, cell in row.items() if name in names}
        for row in _traded(key, prices, contracts, 0)
    ]


def test_each_series_of_options_is_a_contract(frames: Frames) -> None:
    prices = (1.5, 2.0, 1.0, 1.8)
    report, ours = [], []
    for strike, kind, official, computed in (
        ("23000.0000", "C", 10, 10),
        ("23000.0000", "P", 12, 10),
        ("23050.0000", "C", 9, 10),
    ):
        key = {
            "session_part": "day",
            "product": "TXO",
            "expiry": "202412",
            "strike": Decimal(strike),
            "option_type": kind,
        }
        report += _reported(key, prices, official)
        ours += [
            {name: cell for name, cell in row.items() if name != "spread_contracts"}
            for row in _traded(key, prices, computed, 0)
        ]
    found = _rows(
        JOBS["gold/reconciliation/Options"].transform(
            frames.of(t.DAILY_REPORT, report), frames.of(t.OPTION_SESSIONS, ours)
        )
    )
    assert {(str(key[4]), key[5]): row["class"] for key, row in found.items()} == {
        ("23000.0000", "C"): EQUAL,
        ("23000.0000", "P"): BLOCKS,
        ("23050.0000", "C"): UNEXPLAINED,
    }
    assert {row["instrument"] for row in found.values()} == {"Options"}
