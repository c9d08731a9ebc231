"""Dates and codes of contracts: against the exchange's own dates, and against a plain calendar."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pyspark.sql import DataFrame
from spark.frames import TODAY, Frames
from support import dated_expiries
from support.calendars import taiwan

from indextracker_catalogue import taiwan as t
from indextracker_spark.jobs import JOBS

DATES = ("last_trading_date", "final_settlement_date")
FIRST, LAST = date(2016, 1, 1), date(2025, 12, 31)
WEDNESDAY, FRIDAY = 2, 4

Contract = tuple[date, str, str]


@pytest.fixture(scope="module")
def dated(frames: Frames) -> DataFrame:
    return JOBS["silver/expiries"].transform(frames.reference(t.SESSIONS))


@pytest.fixture(scope="module")
def codes(frames: Frames, dated: DataFrame) -> DataFrame:
    return JOBS["silver/expire_codes"].transform(dated, frames.reference(t.SESSIONS))


# against dates that were published


@pytest.fixture(scope="module")
def found(frames: Frames, dated: DataFrame, codes: DataFrame) -> dict[Contract, dict[str, object]]:
    """Rows of silver/contracts for the contracts of the file, each at the session it names."""
    trades = [
        {
            "session_date": date.fromisoformat(row["known_at"]),
            "product": row["product"],
            "expiry": row["expiry"],
        }
        for row in dated_expiries.ROWS
    ]
    rows = JOBS["silver/contracts/Futures"].transform(
        frames.of(t.FUTURES_TRADES, trades),
        frames.of(t.FUTURES_SPREADS, []),
        frames.reference(t.PRODUCTS),
        dated,
        codes,
        frames.reference(t.CLOSURES),
    )
    return {
        (row["session_date"], row["product"], row["expiry"]): row
        for row in rows.toArrow().to_pylist()
    }


@pytest.mark.parametrize(
    "row",
    dated_expiries.ROWS,
    ids=lambda row: f"{row['product']}-{row['expiry']}-at-{row['known_at']}",
)
def test_dates_are_the_published_ones(
    found: dict[Contract, dict[str, object]], row: dict[str, str]
) -> None:
    contract = found[date.fromisoformat(row["known_at"]), row["product"], row["expiry"]]
    published = {name: row[name] for name in DATES if row[name]}
    assert published
    assert {name: str(contract[name]) for name in published} == published


# against a calendar worked out by hand


class Plain:
    """The rules of expiries and codes in plain steps over a list of sessions."""

    def __init__(self, sessions: list[date]) -> None:
        self.sessions = sessions

    def on_or_after(self, day: date) -> date:
        return self.sessions[bisect_left(self.sessions, day)]

    def on_or_before(self, day: date) -> date:
        return self.sessions[bisect_left(self.sessions, day + timedelta(days=1)) - 1]

    def monthly(self, rule: str, year: int, month: int) -> date | None:
        """Last trading date of the monthly, None where none is listed."""
        if rule == "third_wednesday":
            return self.on_or_after(nth_weekday(year, month, WEDNESDAY, 3))
        if rule == "third_friday_before_quarterly" and month % 3 == 0:
            return self.on_or_before(nth_weekday(year, month, FRIDAY, 3))
        if rule == "third_last_session_even" and month % 2 == 0:
            return [day for day in self.sessions if (day.year, day.month) == (year, month)][-3]
        return None

    def weeklies(self, weekday: int) -> Iterator[tuple[date, date, str]]:
        """Last trading date, nominal date and code of every weekly, monthlies included."""
        letter = {WEDNESDAY: "W", FRIDAY: "F"}[weekday]
        for year in range(FIRST.year - 1, LAST.year + 2):
            for month in range(1, 13):
                for week in range(1, 6):
                    if (week - 1) * 7 + 1 > monthrange(year, month)[1]:
                        continue
                    day = nth_weekday(year, month, weekday, week)
                    if day.month == month:
                        plain = letter == "W" and week == 3
                        code = f"{year}{month:02d}" + ("" if plain else f"{letter}{week}")
                        yield self.on_or_after(day), day, code

    def codes(self, rule: str, first: date, last: date) -> set[tuple[str, str, str, date]]:
        months = [(year, month) for year in range(2015, 2028) for month in range(1, 13)]
        ends = {
            months.index((year, month)): end
            for year, month in months
            if (end := self.monthly(rule, year, month)) is not None
        }
        weeks = {}
        if rule == "third_wednesday":
            weeks = {"W": sorted(self.weeklies(WEDNESDAY)), "F": sorted(self.weeklies(FRIDAY))}
        borne = set()
        for session in self.sessions:
            if not first <= session <= last:
                continue
            front = min(place for place, end in ends.items() if end >= session)
            quarters = [p for p in range(front + 3, front + 12) if months[p][1] % 3 == 0][:3]
            meant = {"M": front, "M+1": front + 1, "M+2": front + 2}
            meant |= {f"Q+{rank}": place for rank, place in enumerate(quarters, 1)}
            for code, place in meant.items():
                if place in ends:
                    year, month = months[place]
                    borne.add((rule, f"{year}{month:02d}", code, session))
            for letter, expiries in weeks.items():
                coming = [expiry for end, _, expiry in expiries if end >= session][:2]
                borne |= {(rule, coming[0], letter, session)}
                borne |= {(rule, coming[1], f"{letter}+1", session)}
        return borne


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


@pytest.fixture(scope="module")
def plain() -> Plain:
    calendar = taiwan(TODAY)
    return Plain(calendar.sessions(calendar.start, calendar.horizon))


RULES = ("third_wednesday", "third_friday_before_quarterly", "third_last_session_even")


@pytest.fixture(scope="module")
def borne(codes: DataFrame, plain: Plain) -> dict[str, set[tuple[str, str, str, date]]]:
    """Every rule, expiry, code and session of ten years, from the job's periods."""
    found: dict[str, set[tuple[str, str, str, date]]] = {rule: set() for rule in RULES}
    for row in codes.toArrow().to_pylist():
        since, until = max(row["valid_from"], FIRST), min(row["valid_to"], LAST)
        found[row["expiry_rule"]] |= {
            (row["expiry_rule"], row["expiry"], row["expire_code"], session)
            for session in plain.sessions[
                bisect_left(plain.sessions, since) : bisect_left(
                    plain.sessions, until + timedelta(days=1)
                )
            ]
        }
    return found


@pytest.mark.parametrize("rule", RULES)
def test_codes_of_ten_years(
    borne: dict[str, set[tuple[str, str, str, date]]], plain: Plain, rule: str
) -> None:
    expected = plain.codes(rule, FIRST, LAST)
    assert len(expected) > 3 * 2_400
    assert sorted(borne[rule] - expected)[:5] == []
    assert sorted(expected - borne[rule])[:5] == []


def test_dates_of_ten_years(dated: DataFrame, plain: Plain) -> None:
    """Every monthly, Wednesday and Friday of every rule, moved ones among them."""
    found = {
        (row["expiry_rule"], row["expiry"]): row["last_trading_date"]
        for row in dated.collect()
        if "2016" <= row["expiry"] <= "202512W5"
    }
    expected = {
        (rule, f"{year}{month:02d}"): end
        for rule in RULES
        for year in range(2016, 2026)
        for month in range(1, 13)
        if (end := plain.monthly(rule, year, month)) is not None
    }
    expected |= {
        ("third_wednesday", code): end
        for weekday in (WEDNESDAY, FRIDAY)
        for end, _, code in plain.weeklies(weekday)
        if "2016" <= code <= "202512W5"
    }
    assert len(expected) > 120 + 2 * 500
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "expiry", "nominal", "last"),
    [
        ("third_wednesday", "202301", "2023-01-18", "2023-01-30"),  # Lunar New Year
        ("third_wednesday", "202202W1", "2022-02-02", "2022-02-07"),  # Lunar New Year
        ("third_wednesday", "202407W4", "2024-07-24", "2024-07-26"),  # Typhoon Gaemi
        ("third_wednesday", "202410W1", "2024-10-02", "2024-10-04"),  # Typhoon Krathon
        ("third_wednesday", "202504F1", "2025-04-04", "2025-04-07"),  # Children's Day
        ("third_wednesday", "202510F2", "2025-10-10", "2025-10-13"),  # National Day
        ("third_wednesday", "202510F4", "2025-10-24", "2025-10-27"),  # Restoration Day, observed
        ("third_friday_before_quarterly", "201506", "2015-06-19", "2015-06-18"),  # Dragon Boat
    ],
)
def test_a_closed_day_moves_an_expiry(
    dated: DataFrame, rule: str, expiry: str, nominal: str, last: str
) -> None:
    (row,) = dated.where(f"expiry_rule = '{rule}' and expiry = '{expiry}'").collect()
    assert (str(row["nominal_date"]), str(row["last_trading_date"])) == (nominal, last)


def test_codes_are_borne_from_session_to_session(codes: DataFrame, plain: Plain) -> None:
    sessions = set(plain.sessions)
    for row in codes.toArrow().to_pylist():
        assert row["valid_from"] <= row["valid_to"]
        assert {row["valid_from"], row["valid_to"]} <= sessions


def test_codes_depend_on_the_calendar_alone(
    frames: Frames, dated: DataFrame, codes: DataFrame
) -> None:
    """A contract bears its codes in any session loaded, whatever else traded there."""
    session = date(2024, 12, 18)
    rows = JOBS["silver/contracts/Futures"].transform(
        frames.of(
            t.FUTURES_TRADES,
            [
                {"session_date": session, "product": "MTX", "expiry": e}
                for e in ("202412", "202503")
            ],
        ),
        frames.of(
            t.FUTURES_SPREADS,
            [
                {
                    "session_date": session,
                    "product": "MTX",
                    "near_expiry": "202412",
                    "far_expiry": "209912",
                }
            ],
        ),
        frames.reference(t.PRODUCTS),
        dated,
        codes,
        frames.reference(t.CLOSURES),
    )
    found = {(row["expiry"], row["expire_code"]) for row in rows.collect()}
    assert found == {("202412", "M"), ("202412", "W"), ("202503", "Q+1"), ("209912", None)}
