"""Continuous futures, the basis and smiles, on a lake whose figures are easily added up."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.good_rows import Row, rows

from indextracker import Frame, Lakehouse
from indextracker.building.staleness import record as log_builds
from indextracker.lake import Lake
from indextracker.reader import MissingSessionsWarning, UnknownNameError
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics.futures import CONTINUOUS_FUTURES
from indextracker_numerics.black76 import premium

TUESDAY, WEDNESDAY, THURSDAY = DAYS = [date(2024, 12, day) for day in (17, 18, 19)]
WEEK = {"first": TUESDAY, "last": THURSDAY}
# Minutes after nine in Taipei, the last one before the index closes among them.
MINUTES = (0, 1, 2, 269)
LEVEL = 23_000.0
# December ends on the Wednesday; January costs 100 points more but for one minute.
ABOVE = {"202412": (10.0, 10.0, 10.0, 10.0), "202501": (110.0, 110.0, 150.0, 110.0)}
LAST_DAYS = {"202412": WEDNESDAY, "202501": date(2025, 1, 15), "202502": date(2025, 2, 19)}
VOLATILITY, RATE = 0.2, 0.015


@pytest.fixture(autouse=True)
def nothing_is_missing_untold() -> Iterator[None]:
    """A warning that a test does not expect fails it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    lake = Lake(str(tmp_path_factory.mktemp("derived") / "lake"), "simulated")
    hours: Row = {
        "valid_from": date(2017, 5, 16),
        "underlying": "TAIEX",
        "expiry_rule": "third_wednesday",
        "day_close": "13:45:00",
        "last_day_close": "13:30:00",
        "night_open": "15:00:00",
    }
    products = [
        hours | {"product": "TX", "instrument": "Futures"},
        hours | {"product": "TXO", "instrument": "Options"},
        hours
        | {
            "product": "BRF",
            "instrument": "Futures",
            "underlying": "Brent",
            "expiry_rule": "unknown",
        },
    ]
    lake.replace(t.PRODUCTS, rows(t.PRODUCTS, *products))
    lake.replace(t.INDICES, rows(t.INDICES, {}))
    expiries = [
        {"expiry": expiry, "last_trading_date": day} for expiry, day in LAST_DAYS.items()
    ] + [{"expiry": "202412W4", "last_trading_date": date(2024, 12, 25)}]
    lake.replace(t.EXPIRIES, rows(t.EXPIRIES, *expiries))
    kinds = {"TX": "Futures", "TXO": "Options", "BRF": "Futures"}
    codes = [
        {"session_date": day, "product": product, "instrument": kind}
        | {"expiry": expiry, "expire_code": code, "last_trading_date": LAST_DAYS[expiry]}
        for day in DAYS
        for product, kind in kinds.items()
        for expiry, code in zip(
            ("202501", "202502") if day > WEDNESDAY else ("202412", "202501"),
            ("M", "M+1"),
            strict=True,
        )
    ]
    put(lake, t.CONTRACTS, codes)
    put(
        lake,
        t.INDEX_BARS,
        [{"session_date": day} | minute(day, m) for day in DAYS for m in MINUTES],
    )
    put(lake, t.FUTURES_BARS, [*futures()])
    put(lake, t.FUTURES_SESSIONS, [*futures_sessions()])
    put(lake, t.OPTION_BARS, [*options()])
    # By volume, January takes over on the last day of December.
    series = [
        {"session_date": day, "roll_rule": "volume", "position": position, "expiry": expiry}
        for day in DAYS
        for position, expiry in enumerate(("202412", "202501", "202502")[day > TUESDAY :], 1)
    ]
    put(lake, CONTINUOUS_FUTURES, series)
    for table in (t.INDEX_BARS, t.FUTURES_BARS, t.FUTURES_SESSIONS, t.OPTION_BARS):
        log_builds(lake, {table.path: {str(day): "taifex_futures=0" for day in DAYS}})
    return Lakehouse(lake.root, clock=lambda: datetime(2024, 12, 19, 12, tzinfo=UTC))


def put(lake: Lake, table: Table, changes: list[Row]) -> None:
    lake.replace(
        table, rows(table, *changes), sorted({str(row["session_date"]) for row in changes})
    )


def minute(day: date, number: int, price: float = LEVEL) -> Row:
    start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(minutes=number)
    figures = dict.fromkeys(("open", "high", "low", "close", "mean"), price)
    return {"scale_minutes": 1, "bar_start": start} | figures


def futures() -> Iterator[Row]:
    for day in DAYS:
        for expiry, above in ABOVE.items():
            if day <= LAST_DAYS[expiry]:
                for m, points in zip(MINUTES, above, strict=True):
                    yield {"session_date": day, "expiry": expiry} | minute(day, m, LEVEL + points)
        # After the index has closed.
        yield {"session_date": day, "expiry": "202501"} | minute(day, 280, LEVEL + 500)


def futures_sessions() -> Iterator[Row]:
    for day in DAYS:
        for expiry, above in ABOVE.items():
            if day <= LAST_DAYS[expiry]:
                prices = dict.fromkeys(("open", "high", "low", "close", "mean"), LEVEL + above[0])
                yield {"session_date": day, "expiry": expiry, "session_part": "whole"} | prices


def options() -> Iterator[Row]:
    """Calls and puts on Tuesday at 10:00 in Taipei, by one volatility; and some that are odd."""
    years = ((datetime(2024, 12, 18, 5, 30, tzinfo=UTC) - at_ten()) / timedelta(days=365)) or 1
    for strike in range(22_600, 23_500, 100):
        for call in (True, False):
            if (strike, call) == (22_600, False):
                continue  # it was never traded
            price = float(premium(LEVEL + 10, strike, years, VOLATILITY, call=call, rate=RATE))
            if (strike, call) == (22_700, True):
                price = 250.0  # less than it would pay
            yield option(strike, call, 59, price)
    yield option(23_500, True, 1, 2.0)  # an hour ago
    yield option(23_600, True, 61, 2.0)  # afterwards


def option(strike: int, call: bool, number: int, price: float) -> Row:
    series = {"strike": Decimal(f"{strike}.0000"), "option_type": "C" if call else "P"}
    return {"session_date": TUESDAY} | series | minute(TUESDAY, number, price)


def at_ten() -> datetime:
    return datetime(2024, 12, 17, 2, tzinfo=UTC)


def column(frame: Frame, name: str) -> list[object]:
    return frame.arrow()[name].to_pylist()


def closes(frame: Frame) -> list[tuple[object, object, object]]:
    rows = frame.arrow().select(["expiry", "close", "adjustment"]).to_pylist()
    return [tuple(row.values()) for row in rows]


def test_a_continuous_future_is_the_front_month_of_each_session(lakehouse: Lakehouse) -> None:
    found = lakehouse.continuous("TX", per="session", **WEEK)
    assert closes(found) == [
        ("202412", 23_010.0, None),
        ("202412", 23_010.0, None),
        ("202501", 23_110.0, None),
    ]
    assert len(found.missing) == 0
    earlier = lakehouse.continuous("TX", roll=1, per="session", **WEEK)
    assert column(earlier, "expiry") == ["202412", "202501", "202501"]


def test_earlier_prices_fit_to_the_last_contract_by_difference(lakehouse: Lakehouse) -> None:
    """By the median of the minutes of both: one in which they were further apart says nothing."""
    found = lakehouse.continuous("TX", adjust="difference", per="session", **WEEK)
    assert closes(found) == [
        ("202412", 23_110.0, 100.0),
        ("202412", 23_110.0, 100.0),
        ("202501", 23_110.0, 0.0),
    ]
    assert column(found, "std") == [1.0] * 3
    minutes = lakehouse.continuous("TX", adjust="difference", first=WEDNESDAY, last=THURSDAY)
    assert column(minutes, "close") == [23_110.0] * 4 + [
        23_110.0,
        23_110.0,
        23_150.0,
        23_110.0,
        23_500.0,
    ]


def test_earlier_prices_fit_by_ratio_too(lakehouse: Lakehouse) -> None:
    found = lakehouse.continuous("TX", adjust="ratio", per="session", **WEEK)
    ratio = 23_110.0 / 23_010.0
    assert column(found, "adjustment") == [ratio, ratio, 1.0]
    assert column(found, "close") == pytest.approx([23_110.0] * 3)
    assert column(found, "std") == [ratio, ratio, 1.0]
    minutes = lakehouse.continuous("TX", adjust="ratio", sessions=[WEDNESDAY])
    # Nothing is joined within one session.
    assert set(column(minutes, "adjustment")) == {1.0}


def test_a_roll_that_nobody_measured_leaves_earlier_prices_unknown(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    """In the session of the roll January was not traded by the minute."""
    lake = Lake(lakehouse.place, "simulated")
    other = Lake(str(tmp_path / "lake"), "simulated")
    for table in (t.PRODUCTS, t.EXPIRIES):
        other.replace(table, lake.rows(table).to_table())
    put(other, t.FUTURES_SESSIONS, [*futures_sessions()])
    put(other, t.FUTURES_BARS, [row for row in futures() if row["expiry"] == "202412"])
    with pytest.warns(MissingSessionsWarning, match="in no minute of it both TX 202412 and 202501"):
        found = Lakehouse(other.root).continuous("TX", adjust="ratio", per="session", **WEEK)
    assert column(found, "close") == [None, None, 23_110.0]
    assert column(found, "adjustment") == [None, None, 1.0]
    [row] = found.missing.arrow().to_pylist()
    assert (row["key"], row["state"]) == (str(WEDNESDAY), "not_joined")


def test_a_rule_of_the_lake_says_what_is_in_a_position(lakehouse: Lakehouse) -> None:
    """Joined in the session before, as the table of rolls has it: in each by the same minutes."""
    found = lakehouse.continuous("TX", rule="Volume", adjust="difference", per="session", **WEEK)
    assert closes(found) == [
        ("202412", 23_110.0, 100.0),
        ("202501", 23_110.0, 0.0),
        ("202501", 23_110.0, 0.0),
    ]
    second = lakehouse.continuous("TX", rule="volume", position=2, sessions=[TUESDAY])
    assert set(column(second, "expiry")) == {"202501"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rule": "hand"}, "there is no rule of rolling 'hand'"),
        ({"position": 4}, "there are 1 to 3"),
        ({"rule": "volume", "roll": 1}, "`roll` is of the first position by calendar alone"),
        ({"position": 2, "roll": 1}, "`roll` is of the first position by calendar alone"),
    ],
)
def test_what_is_no_position_is_refused(
    lakehouse: Lakehouse, asked: dict[str, object], said: str
) -> None:
    with pytest.raises((ValueError, UnknownNameError), match=said):
        lakehouse.continuous("TX", **asked, **WEEK)  # type: ignore[arg-type]


def test_what_cannot_be_joined_is_refused(lakehouse: Lakehouse) -> None:
    with pytest.raises(ValueError, match="no rule dates the expiries of BRF"):
        lakehouse.continuous("BRF", **WEEK)
    with pytest.raises(ValueError, match="of kind options: a continuous future is of futures"):
        lakehouse.continuous("TXO", **WEEK)
    with pytest.raises(ValueError, match="of kind index: a continuous future is of futures"):
        lakehouse.continuous("TAIEX", **WEEK)
    with pytest.raises(
        UnknownNameError, match="no adjustment 'differnce': did you mean difference"
    ):
        lakehouse.continuous("TX", adjust="differnce")
    with pytest.raises(ValueError, match="`roll` is -1"):
        lakehouse.continuous("TX", roll=-1)


def test_the_basis_compares_the_same_minutes(lakehouse: Lakehouse) -> None:
    """The future's last print, after the index has closed, is in no row."""
    found = lakehouse.basis("TX", "M", sessions=[TUESDAY])
    assert column(found, "basis") == [10.0] * 4
    assert column(found, "basis_percent") == pytest.approx([10 / LEVEL * 100] * 4)
    assert column(found, "minute") == column(found, "bar_start")
    assert set(column(found, "index_id")) == {"TAIEX"}
    hours = lakehouse.basis("TX", "202501", minutes=60, sessions=[TUESDAY])
    assert column(hours, "basis") == [150.0, 110.0]
    starts = [datetime(2024, 12, 17, hour, tzinfo=UTC) for hour in (1, 5)]
    assert column(hours, "bar_start") == starts
    assert column(hours, "minute") == [starts[0] + timedelta(minutes=m) for m in (2, 269)]


def test_the_basis_at_the_close_is_that_of_the_index(lakehouse: Lakehouse) -> None:
    found = lakehouse.basis("TX", per="session", **WEEK)
    assert column(found, "expiry") == ["202412", "202501", "202412", "202501", "202501"]
    assert column(found, "basis") == [10.0, 110.0, 10.0, 110.0, 110.0]
    assert column(found, "last_trading_date")[:2] == [WEDNESDAY, LAST_DAYS["202501"]]
    assert "bar_start" not in found.columns
    newest = lakehouse.basis("TX", "M")
    assert set(column(newest, "session_date")) == {THURSDAY}


def test_a_basis_is_missing_where_its_future_or_its_index_is(lakehouse: Lakehouse) -> None:
    with pytest.warns(MissingSessionsWarning, match=r"gold/.*_bars has no rows of 1 of 1"):
        found = lakehouse.basis("TX", "M", sessions=["2024-12-16"])
    assert len(found) == 0
    with pytest.raises(ValueError, match="BRF delivers Brent, which is none of the indices"):
        lakehouse.basis("BRF", **WEEK)
    with pytest.raises(ValueError, match="a basis is of futures, outright"):
        lakehouse.basis("TX", "M/M+1", **WEEK)


@pytest.fixture(scope="module")
def smile(lakehouse: Lakehouse) -> dict[int, dict[str, object]]:
    """The smile of ten o'clock by strike."""
    found = lakehouse.smile("TXO", at_ten(), "202412", rate=RATE)
    return {int(row["strike"]): row for row in found.arrow().to_pylist()}


def test_a_smile_finds_the_forward_and_the_volatility(smile: dict[int, dict[str, object]]) -> None:
    middle = smile[23_000]
    assert middle["at"] == at_ten()
    assert middle["years"] == pytest.approx(27.5 / 24 / 365)
    assert middle["forward"] == pytest.approx(LEVEL + 10)
    for strike in range(22_800, 23_500, 100):
        for name in ("volatility", "mid_volatility", "call_volatility", "put_volatility"):
            assert smile[strike][name] == pytest.approx(VOLATILITY, rel=1e-6)
        assert smile[strike]["call_reason"] is smile[strike]["put_reason"] is None
    assert middle["moneyness"] == pytest.approx(-10 / 23_005, rel=1e-4)


def test_a_strike_without_a_volatility_says_why(smile: dict[int, dict[str, object]]) -> None:
    assert smile[22_600]["put_reason"] == "no trade in the session up to then"
    assert smile[22_600]["volatility"] is smile[22_600]["mid_volatility"] is None
    assert smile[22_600]["call_volatility"] == pytest.approx(VOLATILITY, rel=1e-6)
    assert (
        smile[22_700]["call_reason"] == "it costs no more than it would pay if the forward stayed"
    )
    assert smile[22_700]["call_volatility"] is smile[22_700]["mid_volatility"] is None
    assert smile[22_700]["volatility"] == pytest.approx(VOLATILITY, rel=1e-6)
    assert smile[23_500]["call_reason"] == "its last trade is too old"
    assert smile[23_500]["call_price"] == 2.0
    assert 23_600 not in smile


def test_a_smile_is_of_the_close_or_of_a_moment(lakehouse: Lakehouse) -> None:
    close = lakehouse.smile("TXO", TUESDAY, "M")
    assert set(column(close, "at")) == {datetime(2024, 12, 17, 5, 45, tzinfo=UTC)}
    assert set(column(close, "call_reason")) <= {"its last trade is too old", None} | {
        "no trade in the session up to then"
    }
    assert set(column(close, "forward")) == {None}
    wide = lakehouse.smile("TXO", TUESDAY, "M", within=300)
    assert column(wide, "forward")[0] == pytest.approx(LEVEL + 10, rel=1e-3)
    # The evening is of the next session, of which no option was traded.
    evening = lakehouse.smile("TXO", "2024-12-17T16:00+08:00", "202412")
    assert column(evening.missing, "key") == [str(WEDNESDAY)]
    assert len(evening) == 0
    assert evening.columns == close.columns
    with pytest.raises(ValueError, match="of kind futures: a smile is of options"):
        lakehouse.smile("TX")
