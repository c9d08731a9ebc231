"""When documents appear, are replaced, taken away and deleted, and what lists say of it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker_simulator.taiwan.calendar import TradingCalendar, trading_calendar
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.holidays import schedule
from indextracker_simulator.taiwan.pages import list_page
from indextracker_simulator.taiwan.publication import Publication, Row
from indextracker_simulator.taiwan.truth import truth

if TYPE_CHECKING:
    from pathlib import Path

    from indextracker_simulator.taiwan.publication import Market
    from indextracker_simulator.taiwan.session import Document

TAIPEI = timezone(timedelta(hours=8))
LISTED = re.compile(
    r"<tr><td[^>]*>(?P<time>[^<]*)</td><td[^>]*>(?P<date>\d{4}/\d\d/\d\d)</td>(?P<links>.*)</tr>"
)
LINK = re.compile(r"window\.open\('https://www\.taifex\.com\.tw(/file/[^']+\.zip)'\)")
FOLDER = "/file/taifex/Dailydownload/"

THURSDAY, FRIDAY = date(2024, 12, 12), date(2024, 12, 13)
MONDAY, TUESDAY = date(2024, 12, 16), date(2024, 12, 17)
LATER = datetime(2025, 6, 2, 20, tzinfo=TAIPEI)


class Clock:
    """A clock that stands where it is put, in Taipei."""

    def __init__(self, now: datetime = LATER) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)

    def put(self, day: date, hour: int, minute: int = 0) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def _listed(exchange: Exchange, kind: Document = "futures") -> list[tuple[date, str, list[str]]]:
    """The rows of a list page, as a reader of the page sees them."""
    market: Market = "options" if kind == "options" else "futures"
    page = list_page(kind, exchange.rows(market)).decode()
    return [
        (
            date.fromisoformat(row["date"].replace("/", "-")),
            row["time"],
            LINK.findall(row["links"]),
        )
        for row in LISTED.finditer(page)
    ]


def _dates_inside(exchange: Exchange, kind: Document, day: date) -> tuple[str, set[str]]:
    """The entry's name and the dates of trades in a tick file, which must be published."""
    published = exchange.published(kind, day)
    assert published is not None
    with zipfile.ZipFile(io.BytesIO(published.body)) as archive:
        (name,) = archive.namelist()
        lines = archive.read(name).decode("cp950").splitlines()
    return name, {cell for line in lines if (cell := line.split(",")[0].strip()).isdigit()}


@pytest.mark.parametrize(
    ("kind", "hour", "minute"),
    [
        ("index_json", 14, 0),
        ("index_csv", 14, 0),
        ("etf", 15, 30),
        ("daily_futures", 17, 0),
        ("daily_options", 17, 0),
    ],
)
def test_reports_come_at_their_hour(kind: Document, hour: int, minute: int) -> None:
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(MONDAY, hour, minute)
    at = clock.now
    assert exchange.has(kind, MONDAY)
    assert exchange.has(kind, date(2015, 1, 5))
    assert not exchange.has(kind, TUESDAY)
    assert not exchange.has(kind, date(2024, 12, 14))
    clock.now = at - timedelta(seconds=1)
    assert not exchange.has(kind, MONDAY)
    assert exchange.has(kind, FRIDAY)


@pytest.mark.parametrize("market", ["futures", "options"])
def test_a_session_is_listed_early_and_complete(market: Market) -> None:
    """From 05:10 of the day after the eve with the night part; whole at 16:35."""
    clock = Clock()
    exchange = Exchange(clock=clock)
    early = FOLDER + (
        "DailydownloadCSV/Daily_2024_12_16.zip"
        if market == "futures"
        else "OptionsDailydownloadCSV/OptionsDaily_2024_12_16.zip"
    )

    # The night part ends on Saturday morning.
    clock.put(date(2024, 12, 14), 5, 9)
    assert _listed(exchange, market)[0][0] == FRIDAY
    assert not exchange.has(market, MONDAY)
    clock.now += timedelta(minutes=6)
    day, at_dawn, links = _listed(exchange, market)[0]
    assert (day, links) == (MONDAY, [early])
    assert re.fullmatch(r"2024/12/14 AM 05:1[0-4]:\d\d", at_dawn)
    clock.put(MONDAY, 16, 34)
    assert _listed(exchange, market)[0] == (MONDAY, at_dawn, [early])
    clock.put(MONDAY, 16, 50)
    day, at_last, links = _listed(exchange, market)[0]
    assert (day, links) == (MONDAY, [early])
    assert re.fullmatch(r"2024/12/16 PM 04:(3[5-9]|4\d):\d\d", at_last)


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("combination", "DailydownloadCSV_C/Daily_2024_12_16_C.zip"),
        ("totals", "DailydownloadCSV_B/Daily_2024_12_16_B.zip"),
    ],
)
def test_what_has_no_early_file_is_listed_complete_alone(kind: Document, file: str) -> None:
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(MONDAY, 12)
    assert _listed(exchange, kind)[0] == (MONDAY, "", [])
    clock.put(MONDAY, 16, 50)
    assert _listed(exchange, kind)[0][::2] == (MONDAY, [FOLDER + file])


def test_files_come_with_their_list() -> None:
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(MONDAY, 12)
    assert exchange.has("futures", MONDAY)
    assert exchange.has("options", MONDAY)
    assert not exchange.has("combination", MONDAY)
    assert not exchange.has("totals", MONDAY)
    clock.put(MONDAY, 16, 50)
    for kind in ("futures", "options", "combination", "totals"):
        assert exchange.has(kind, MONDAY)
        assert not exchange.has(kind, TUESDAY)
        assert not exchange.has(kind, date(2024, 12, 14))


@pytest.mark.parametrize("market", ["futures", "options"])
def test_the_early_file_holds_the_night_part_under_the_name_of_the_whole(market: Market) -> None:
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(MONDAY, 9)
    name, dates = _dates_inside(exchange, market, MONDAY)
    assert dates == {"20241213", "20241214"}
    clock.put(MONDAY, 17)
    assert _dates_inside(exchange, market, MONDAY) == (name, {*dates, "20241216"})


def test_the_minute_of_publication_differs_from_day_to_day() -> None:
    rows = Exchange(clock=Clock()).rows("futures")
    moments = {row.published_at.time() for row in rows if row.published_at}
    assert len(moments) > 500
    assert rows == Exchange(clock=Clock()).rows("futures")
    assert rows != Exchange(clock=Clock(), seed=2).rows("futures")


def test_a_long_holiday_waits_with_the_night_part() -> None:
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(date(2025, 1, 30), 12)
    day, published, links = _listed(exchange)[0]
    assert day == date(2025, 2, 3)
    assert published.startswith("2025/01/23 AM 05:1")
    assert len(links) == 1
    assert _dates_inside(exchange, "futures", day)[1] == {"20250122", "20250123"}


def test_every_session_is_listed_newest_first() -> None:
    days = [row.session_date for row in Exchange(clock=Clock()).rows("options")]
    sessions = trading_calendar().sessions
    assert days == sorted(
        (day for day in sessions if date(2015, 1, 1) <= day <= LATER.date()), reverse=True
    )


def test_a_window_deletes_what_falls_out_of_it() -> None:
    clock = Clock()
    exchange = Exchange(clock=clock, window=30)
    clock.put(TUESDAY, 9)
    days = [day for day, _, _ in _listed(exchange)]
    assert len(days) == 30
    assert days[:2] == [TUESDAY, MONDAY]  # Tuesday takes a place and has not begun
    oldest = days[-1]
    assert exchange.has("futures", oldest)
    assert exchange.has("options", oldest)
    assert not exchange.has("futures", exchange.calendar.previous(oldest))
    assert exchange.has("index_json", exchange.calendar.previous(oldest))
    assert exchange.has("daily_futures", exchange.calendar.previous(oldest))
    next_morning = TUESDAY + timedelta(days=1)
    clock.put(next_morning, 5, 9)
    assert exchange.has("totals", oldest)
    clock.put(next_morning, 5, 15)
    assert not exchange.has("totals", oldest)


def test_on_a_free_day_the_next_session_takes_a_place() -> None:
    clock = Clock()
    exchange = Exchange(clock=clock, window=30)
    saturday = date(2024, 12, 14)
    clock.put(saturday, 5, 9)
    before = [day for day, _, _ in _listed(exchange)]
    clock.put(saturday, 9)
    after = [day for day, _, _ in _listed(exchange)]
    assert after == [MONDAY, *before[:-1]]
    clock.put(MONDAY, 23)
    assert [day for day, _, _ in _listed(exchange)] == after


@pytest.mark.parametrize("days", [{THURSDAY}, {THURSDAY, FRIDAY}, {FRIDAY}, {MONDAY}])
def test_a_typhoon_takes_a_session_away(days: set[date]) -> None:
    clock = Clock()
    exchange = Exchange(clock=clock, typhoons=days)
    first, last = min(days), max(days)
    after = exchange.calendar.following(last)
    eve = exchange.calendar.previous(first)
    assert after == trading_calendar().following(last)
    assert not exchange.calendar.is_session(first)

    # Its early file appears and promises a session, ...
    clock.put(first, 9)
    day, _, links = _listed(exchange)[0]
    assert day == first
    assert len(links) == 1
    night = {f"{eve:%Y%m%d}", f"{eve + timedelta(days=1):%Y%m%d}"}
    name, dates = _dates_inside(exchange, "futures", first)
    assert (name, dates) == (f"Daily_{first:%Y_%m_%d}.csv", night)
    # ... which does not come: nothing replaces it, and nothing else tells of the day.
    clock.put(first, 20)
    assert (first, links) == _listed(exchange)[0][::2]
    for kind in ("combination", "totals", "index_json", "etf", "daily_futures", "daily_options"):
        assert not exchange.has(kind, first)
    # It leaves when the next one is listed, in whose file its night part then stands.
    clock.put(last + timedelta(days=1), 5, 15)
    assert [row[0] for row in _listed(exchange)[:2]] == [after, eve]
    assert not exchange.has("futures", first)
    name, dates = _dates_inside(exchange, "futures", after)
    assert (name, dates) == (f"Daily_{after:%Y_%m_%d}.csv", night)
    clock.put(after, 17)
    assert _dates_inside(exchange, "futures", after)[1] == {*night, f"{after:%Y%m%d}"}
    with pytest.raises(ValueError, match="no session"):
        exchange.session(first)


def test_the_typhoons_of_the_past_went_the_same_way() -> None:
    """2024-10-31 was called off on the evening before, when its night part traded."""
    clock = Clock()
    exchange = Exchange(clock=clock)
    clock.put(date(2024, 10, 31), 18, 30)
    day, published, links = _listed(exchange)[0]
    assert day == date(2024, 10, 31)
    assert published.startswith("2024/10/31 AM 05:1")
    assert len(links) == 1
    clock.put(date(2024, 11, 1), 5, 15)
    assert [row[0] for row in _listed(exchange)[:2]] == [date(2024, 11, 1), date(2024, 10, 30)]


def test_exchanges_with_and_without_a_typhoon_do_not_meet() -> None:
    """The session after has two nights' gap in one of them, and the same market in both."""
    alone = Exchange(clock=Clock()).published("index_json", MONDAY)
    stormy = Exchange(clock=Clock(), typhoons={FRIDAY})
    calm = Exchange(clock=Clock())
    assert _dates_inside(stormy, "futures", MONDAY)[1] == {"20241212", "20241213", "20241216"}
    assert _dates_inside(calm, "futures", MONDAY)[1] == {"20241213", "20241214", "20241216"}
    assert calm.published("index_json", MONDAY) == alone
    assert trading_calendar().is_session(FRIDAY)


def test_a_typhoon_wants_a_session() -> None:
    with pytest.raises(ValueError, match="2024-12-14 is no session"):
        Exchange(typhoons={date(2024, 12, 14)})


def test_trades_of_the_night_before_a_typhoon_are_the_next_sessions() -> None:
    tables = truth(Exchange(clock=Clock(), typhoons={FRIDAY}), MONDAY)
    for name in ("futures_trades", "option_trades"):
        parts: dict[str, set[date]] = {"night": set(), "day": set()}
        for row in tables[name].select(["session_part", "traded_at"]).to_pylist():
            parts[row["session_part"]].add(row["traded_at"].astimezone(TAIPEI).date())
        assert parts == {"night": {THURSDAY, FRIDAY}, "day": {MONDAY}}


@given(
    now=st.integers(0, 12 * 365 * 24 * 60).map(
        lambda minutes: datetime(2015, 1, 1, tzinfo=TAIPEI) + timedelta(minutes=minutes)
    ),
    market=st.sampled_from(["futures", "options"]),
)
def test_a_list_makes_sense_at_any_moment(now: datetime, market: Market) -> None:
    calendar = trading_calendar()
    rows = Publication(calendar, 1, None).rows(market, now)
    days = [row.session_date for row in rows]
    moments = [row.published_at for row in rows]
    assert days == sorted(set(days), reverse=True)
    assert moments == sorted(set(moments), reverse=True)
    assert all(moment <= now for moment in moments)
    assert all(row.complete for row in rows[2:])
    # No session that has ended is left out, and no other that has not begun is there.
    ended = [day for day in calendar.sessions if date(2015, 1, 1) <= day < now.date()]
    assert {row.session_date for row in rows if row.complete} >= set(ended)
    assert len(days) <= len(ended) + 2  # today's and, before that has ended, none but a typhoon's
    assert Publication(calendar, 1, 30).rows(market, now) == rows[:30]


def test_the_twelve_hour_clock() -> None:
    moments = [
        datetime(2026, 10, 9, hour, 41, 42, tzinfo=TAIPEI) for hour in (0, 5, 11, 12, 13, 16, 23)
    ]
    page = list_page("options", [Row(date(2026, 10, 9), moment, True) for moment in moments])
    assert [row["time"] for row in LISTED.finditer(page.decode())] == [
        "2026/10/09 AM 12:41:42",
        "2026/10/09 AM 05:41:42",
        "2026/10/09 AM 11:41:42",
        "2026/10/09 PM 12:41:42",
        "2026/10/09 PM 01:41:42",
        "2026/10/09 PM 04:41:42",
        "2026/10/09 PM 11:41:42",
    ]


# The schedule of holidays


def _open(name: str, description: str) -> bool:
    """Classify a row as its readers have to, by its words."""
    return name.endswith(("開始交易日", "最後交易日")) and "無交易" not in description


def test_the_schedule_of_2022_is_the_real_one(samples: Path) -> None:
    text = (samples / "twse/holidaySchedule_111.csv").read_bytes().decode("cp950")
    _, _, *real = csv.reader(io.StringIO(text))
    ours = schedule(trading_calendar(), 2022)
    weekdays = "一二三四五六日"
    assert [
        [
            row.name,
            f"{row.day.month}月{row.day.day}日",
            weekdays[row.day.weekday()],
            row.description,
        ]
        for row in ours
    ] == [row[:4] for row in real]
    signs = {"o": True, "*": False, "": False}
    assert [_open(row.name, row.description) for row in ours] == [signs[row[4]] for row in real]


@pytest.mark.parametrize("year", range(2015, 2039))
def test_a_schedule_names_every_closed_weekday_and_no_other(year: int) -> None:
    calendar: TradingCalendar = trading_calendar()
    rows = schedule(calendar, year)
    assert [row.day for row in rows] == sorted(row.day for row in rows)
    closed = {row.day for row in rows if not _open(row.name, row.description)}
    opened = {row.day for row in rows if _open(row.name, row.description)}
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    weekdays = [day for day in days if day.year == year and day.weekday() < 5]
    sessions = set(calendar.sessions)
    assert {day for day in closed if day.weekday() < 5} == {
        day for day in weekdays if day not in sessions and day not in calendar.typhoons
    }
    assert len(opened) == 3
    assert opened <= sessions
    assert not closed & sessions


def test_no_schedule_knows_a_typhoon() -> None:
    stormy = Exchange(typhoons={MONDAY}).calendar
    assert schedule(stormy, 2024) == schedule(trading_calendar(), 2024)


def test_a_schedule_comes_out_in_the_december_before() -> None:
    clock = Clock(datetime(2023, 12, 1, tzinfo=TAIPEI))
    exchange = Exchange(clock=clock)
    assert exchange.holidays_json(2024) is not None
    assert exchange.holidays_json(2025) is None
    assert exchange.holidays_json(2014) is None
    clock.now -= timedelta(seconds=1)
    assert exchange.holidays_json(2024) is None
    assert exchange.holidays_json(2023) is not None
