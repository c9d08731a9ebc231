"""The calendar of India's NSE against its circulars, its files and counts of them."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from support.exchange_suite import ExchangeSuite

from indextracker.calendars import TradingDays
from indextracker.calendars.exchanges import find_exchanges
from indextracker.calendars.library import weekdays

LISTED = date(2011, 1, 1), date(2026, 12, 31)  # the years whose holidays were published


class TestXNSE(ExchangeSuite):
    exchange = find_exchanges(["india"])["XNSE"]
    horizon = date(2028, 12, 31)
    bounds = ("2011-01-03", "2028-12-29")
    # By the closed weekdays of pandas_market_calendars PR 479 and the sessions at weekends below.
    counts: ClassVar = {
        2011: 247,
        2012: 251,
        2013: 250,
        2014: 244,
        2015: 248,
        2016: 247,
        2017: 248,
        2018: 246,
        2019: 245,
        2020: 252,
        2021: 248,
        2022: 248,
        2023: 246,
        2024: 249,
        2025: 249,
        2026: 247,
    }
    holidays = (
        "2011-01-26",  # Republic Day
        "2012-11-14",  # Diwali Balipratipada
        "2014-10-24",  # Diwali Balipratipada
        "2017-04-14",  # Dr. Baba Saheb Ambedkar Jayanti, Good Friday
        "2021-01-26",  # Republic Day, under which the file of 01-25 was served
        "2021-11-05",  # Diwali Balipratipada, under which the file of 11-04 was served
        "2023-03-07",  # Holi
        "2024-01-26",  # Republic Day
        "2025-10-22",  # Diwali Balipratipada
        "2026-03-26",  # Shri Ram Navami
        "2026-05-28",  # Bakri Id
        "2026-12-25",  # Christmas
        "2027-01-26",  # Republic Day, of a year whose list is not there yet
        "2028-05-01",  # Maharashtra Day, of another
    )
    adhoc_closures = (
        "2013-11-15",  # Muharram, moved from 2013-11-14; a session to exchange_calendars
        "2014-04-24",  # parliamentary elections
        "2014-10-15",  # elections in Maharashtra
        "2019-04-29",  # parliamentary elections
        "2019-10-21",  # elections in Maharashtra
        "2023-06-29",  # Bakri Id, moved from 2023-06-28
        "2024-01-22",  # the temple of Ayodhya
        "2024-05-20",  # parliamentary elections
        "2024-11-20",  # elections in Maharashtra
        "2026-01-15",  # municipal elections
    )
    weekend_sessions = (
        "2012-01-07",  # special live trading
        "2012-03-03",  # special live trading
        "2012-04-28",  # special live trading on a new system
        "2012-09-08",  # special live trading
        "2013-05-11",  # special live trading
        "2013-11-03",  # Muhurat, a Sunday
        "2014-03-22",  # special live trading from the second site
        "2015-02-28",  # Union Budget
        "2016-10-30",  # Muhurat, a Sunday
        "2019-10-27",  # Muhurat, a Sunday
        "2020-02-01",  # Union Budget
        "2020-11-14",  # Muhurat, a Saturday
        "2023-11-12",  # Muhurat, a Sunday
        "2024-01-20",  # full session before the holiday of 2024-01-22
        "2024-03-02",  # test of the second site
        "2024-05-18",  # test of the second site
        "2025-02-01",  # Union Budget
        "2026-02-01",  # Union Budget, a Sunday
        "2026-11-08",  # Muhurat, a Sunday
    )
    sessions = (
        "2011-10-26",  # Muhurat
        "2012-11-13",  # Muhurat
        "2013-11-14",  # Muharram as first listed; closed to exchange_calendars
        "2014-10-23",  # Muhurat; closed to exchange_calendars, as are the next seven
        "2015-11-11",
        "2017-10-19",
        "2018-11-07",
        "2021-11-04",
        "2022-10-24",
        "2024-11-01",
        "2025-10-21",
        "2015-10-23",  # Friday before Muharram
        "2023-06-28",  # Bakri Id as first listed
        "2025-10-20",  # Monday before Diwali
    )
    closed_weekends = (
        "2026-02-07",  # Saturday after the Union Budget
        "2024-01-21",
        "2026-08-15",  # Independence Day, a Saturday
    )
    neighbours = (
        ("2026-01-30", "2026-02-01"),  # Friday, budget Sunday
        ("2026-02-01", "2026-02-02"),  # budget Sunday, Monday
        ("2026-01-14", "2026-01-16"),  # over municipal elections
        ("2024-01-20", "2024-01-23"),  # Saturday, over a holiday announced the day before it
        ("2021-11-04", "2021-11-08"),  # Muhurat, over Diwali
        ("2013-11-14", "2013-11-18"),  # over Muharram as moved
        ("2014-10-01", "2014-10-07"),  # over Gandhi Jayanti, Dussehra and Bakri Id
    )
    hours: ClassVar = {
        "2024-11-04": ("03:45", "10:00"),
        "2011-10-26": ("11:15", "12:30"),  # Muhurat evenings
        "2012-11-13": ("10:15", "11:30"),
        "2014-10-23": ("13:00", "14:00"),
        "2018-11-07": ("12:00", "13:00"),
        "2021-11-04": ("12:45", "13:45"),
        "2023-11-12": ("12:45", "13:45"),
        "2024-11-01": ("12:30", "13:30"),
        "2025-10-21": ("08:15", "09:15"),  # an afternoon
        "2012-04-28": ("05:45", "07:15"),  # special live trading
        "2021-02-24": ("03:45", "11:30"),  # extended after it had stood still
        "2024-01-20": ("03:45", "10:00"),  # a Saturday of usual hours
        "2024-03-02": ("03:45", "07:00"),  # of two parts
        "2024-05-18": ("03:45", "07:00"),
        "2026-02-01": ("03:45", "10:00"),  # Union Budget, a Sunday of usual hours
    }

    def test_there_are_as_many_sessions_as_files_of_the_exchange(self, days: TradingDays) -> None:
        """The full bhavcopy begins on 2019-09-30; public stores hold 1,711 until 2026-08-20."""
        assert len(days.sessions(date(2019, 9, 30), date(2026, 8, 20))) == 1_711

    def test_every_closed_weekday_of_the_listed_years_is_a_row(self, days: TradingDays) -> None:
        """Those of a fixed date too, which no list is needed for."""
        rows = [row.day for row in self.exchange.closures()]
        assert rows == [day for day in weekdays(*LISTED) if not days.is_session(day)]

    def test_of_years_without_a_list_holidays_of_a_fixed_date_alone_are_closed(
        self, days: TradingDays
    ) -> None:
        first = LISTED[1] + timedelta(days=1)
        closed = [day for day in weekdays(first, days.horizon) if not days.is_session(day)]
        assert [day.isoformat() for day in closed] == [
            "2027-01-26",
            "2027-04-14",
            "2028-01-26",
            "2028-04-14",
            "2028-05-01",
            "2028-08-15",
            "2028-10-02",
            "2028-12-25",
        ]

    def test_the_exchanges_own_list_of_holidays_agrees(
        self, days: TradingDays, samples: Path
    ) -> None:
        lists = json.loads((samples / "nse" / "holiday-master.json").read_text(encoding="utf-8"))
        # Days have no zone.
        listed = [datetime.strptime(row["tradingDate"], "%d-%b-%Y") for row in lists["CM"]]  # noqa: DTZ007
        assert listed
        assert not any(days.is_session(day.date()) for day in listed)

    def test_every_file_of_prices_is_of_a_session(self, days: TradingDays, samples: Path) -> None:
        """The date inside it; two files lie under the name of a holiday."""
        folder = samples / "nse"
        files = [*folder.glob("**/*bhav*.csv"), *folder.glob("BhavCopy*.csv")]
        found = {self.date_inside(file) for file in files}
        assert {date(2021, 11, 4), date(2024, 1, 20), date(2026, 8, 20)} <= found
        assert [day for day in found if not days.is_session(day)] == []

    @staticmethod
    def date_inside(file: Path) -> date:
        row = file.read_text(encoding="utf-8").splitlines()[1]
        if iso := re.match(r"\d{4}-\d{2}-\d{2}", row):
            return date.fromisoformat(iso.group())
        (cell,) = re.findall(r"\d{2}-[A-Za-z]{3}-\d{4}", row)
        return datetime.strptime(cell, "%d-%b-%Y").date()  # noqa: DTZ007 - a day
