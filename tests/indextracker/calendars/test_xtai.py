"""The calendar of TWSE and TAIFEX against notices, schedules and the exchange's own counts."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import ClassVar

from support.exchange_suite import ExchangeSuite

from indextracker.calendars import EXCHANGES, TradingDays


class TestXTAI(ExchangeSuite):
    exchange = EXCHANGES["XTAI"]
    horizon = date(2028, 12, 31)
    bounds = ("2015-01-05", "2028-12-29")
    counts: ClassVar = {  # as the exchange's annual statistics count them
        2015: 244,
        2016: 244,
        2017: 246,
        2018: 247,
        2019: 242,
        2020: 245,
        2021: 244,
        2022: 246,
        2023: 239,
        2024: 242,
    }
    holidays = (
        "2020-01-21",  # Lunar New Year, settlement only
        "2021-04-02",  # Children's Day
        "2021-09-20",  # Mid-Autumn Festival, adjusted holiday
        "2022-01-27",  # Lunar New Year, settlement only
        "2022-02-04",  # Lunar New Year, adjusted holiday; a session to exchange_calendars
        "2022-02-28",  # Peace Memorial Day
        "2023-01-18",  # Lunar New Year, settlement only; a session to exchange_calendars
        "2023-01-19",  # Lunar New Year, settlement only
        "2023-04-05",  # Tomb Sweeping Day
        "2025-01-27",  # Lunar New Year's Eve, adjusted holiday
        "2025-10-24",  # Taiwan Restoration Day, observed
        "2025-12-25",  # Constitution Day
        "2026-02-12",  # Lunar New Year, settlement only
        "2026-10-26",  # Taiwan Restoration Day, observed
    )
    adhoc_closures = (
        "2015-07-10",  # Typhoon Chan-hom
        "2015-09-29",  # Typhoon Dujuan
        "2016-07-08",  # Typhoon Nepartak
        "2016-09-27",  # Typhoon Megi
        "2016-09-28",  # Typhoon Megi
        "2019-08-09",  # Typhoon Lekima
        "2019-09-30",  # Typhoon Mitag
        "2023-08-03",  # Typhoon Khanun
        "2024-07-24",  # Typhoon Gaemi
        "2024-07-25",  # Typhoon Gaemi
        "2024-10-02",  # Typhoon Krathon
        "2024-10-03",  # Typhoon Krathon
        "2024-10-31",  # Typhoon Kong-rey; a session to exchange_calendars
        "2026-07-10",  # a typhoon; a session to exchange_calendars
    )
    weekend_sessions = (
        "2016-01-30",  # make-up Saturday for 2016-02-12
        "2016-06-04",  # make-up Saturday for 2016-06-10
        "2016-09-10",  # make-up Saturday for 2016-09-16
        "2017-02-18",  # make-up Saturday for 2017-02-27
        "2017-06-03",  # make-up Saturday for 2017-05-29
        "2017-09-30",  # make-up Saturday for 2017-10-09
        "2018-03-31",  # make-up Saturday for 2018-04-06
        "2018-12-22",  # make-up Saturday for 2018-12-31, the last one that traded
    )
    sessions = (
        "2022-01-03",  # first session of 2022
        "2022-01-26",  # last session before Lunar New Year
        "2022-02-07",  # first session after Lunar New Year
        "2023-01-30",  # first session after Lunar New Year: TX 202301 ends
        "2024-09-16",  # Monday before the Mid-Autumn Festival
        "2024-11-01",  # Friday after Typhoon Kong-rey
        "2026-02-11",  # last session before Lunar New Year
    )
    closed_weekends = (
        "2023-02-04",  # make-up Saturday: since 2019 without trading
        "2024-12-14",
    )
    neighbours = (
        ("2024-12-13", "2024-12-16"),  # over a weekend
        ("2025-01-22", "2025-02-03"),  # over Lunar New Year
        ("2023-01-17", "2023-01-30"),  # over Lunar New Year
        ("2024-07-23", "2024-07-26"),  # over Typhoon Gaemi
        ("2024-10-30", "2024-11-01"),  # over Typhoon Kong-rey
    )
    hours: ClassVar = {
        "2022-03-03": ("01:00", "05:30"),
        "2018-12-22": ("01:00", "05:30"),  # make-up Saturday
    }

    def test_the_exchanges_own_schedule_of_2022_agrees(
        self, days: TradingDays, samples: Path
    ) -> None:
        text = (samples / "twse" / "holidaySchedule_111.csv").read_bytes().decode("cp950")
        rows = list(csv.reader(io.StringIO(text)))[2:]
        listed = {}
        for _, day, _, _, mark in rows:
            month, number = day.removesuffix("日").split("月")
            listed[date(2022, int(month), int(number))] = mark == "o"
        first, last = date(2022, 1, 1), date(2022, 12, 31)
        closed = {day for day in days.non_sessions(first, last) if day.weekday() < 5}
        # Closed weekdays and the schedule's are the same: the schedule lists weekends too.
        of_schedule = {day for day, is_open in listed.items() if not is_open and day.weekday() < 5}
        assert closed == of_schedule
        assert all(days.is_session(day) for day, is_open in listed.items() if is_open)
