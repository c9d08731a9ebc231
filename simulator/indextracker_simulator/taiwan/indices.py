"""The index publisher's model: which indices it reports, and their levels through a session.

The report's documents are made in twse.py; prices in general in walk.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.walk import CASH_STEPS, Process, cash_path, close_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIEX = "發行量加權股價指數"
UNMAPPED = "模擬測試指數"
"""An index of this exchange alone, which no list of index names can know."""

_NEW_SECTORS_FROM = date(2023, 7, 3)
_UNMAPPED_FROM = date(2024, 1, 2)


@dataclass(frozen=True)
class Index:
    """One column of the index report.

    Attributes:
        name: The publisher's name.
        process: The walk of its level.
        since: First day in the report, None for always.
        until: First day no longer in it, None for never.
    """

    name: str
    process: Process
    since: date | None = None
    until: date | None = None

    def reported_on(self, session: date) -> bool:
        """Tell whether the report of `session` has this column."""
        begun = self.since is None or self.since <= session
        return begun and (self.until is None or session < self.until)


@dataclass(frozen=True)
class IndexReport:
    """The levels of one session.

    Attributes:
        names: The publisher's names, in the report's order, n of them.
        levels: Hundredths of a point, shape (3241, n): a row every 5 seconds from 09:00:00 to
            13:30:00. The row of 09:00:00 is the close of the session before.
    """

    names: tuple[str, ...]
    levels: NDArray[np.int64]


def _sector(
    name: str, middle: float, since: date | None = None, until: date | None = None
) -> Index:
    return Index(name, Process(name, middle, 0.8, 0.011, 0.7), since, until)


_FINANCE = _sector("金融保險類指數", 1_610.0)

FINANCE_PROCESS = _FINANCE.process
TAIEX_PROCESS = Process(TAIEX, 17_000.0, 0.4, 0.009, 0.95)

INDICES = (
    Index(TAIEX, TAIEX_PROCESS),
    _sector("未含金融保險股指數", 14_800.0),
    _sector("未含電子股指數", 18_200.0),
    _sector("未含金融電子股指數", 15_100.0),
    _sector("水泥類指數", 163.0),
    _sector("食品類指數", 1_950.0),
    _sector("塑膠類指數", 238.0),
    _sector("紡織纖維類指數", 595.0),
    _sector("電機機械類指數", 280.0),
    _sector("電器電纜類指數", 108.0),
    _sector("化學生技醫療類指數", 124.0),
    _sector("化學類指數", 142.0),
    _sector("生技醫療類指數", 74.0),
    _sector("玻璃陶瓷類指數", 54.0),
    _sector("造紙類指數", 335.0),
    _sector("鋼鐵類指數", 146.0),
    _sector("橡膠類指數", 240.0),
    _sector("汽車類指數", 385.0),
    _sector("電子類指數", 770.0),
    _sector("半導體類指數", 370.0),
    _sector("電腦及週邊設備類指數", 185.0),
    _sector("光電類指數", 35.0),
    _sector("通信網路類指數", 132.0),
    _sector("電子零組件類指數", 176.0),
    _sector("電子通路類指數", 180.0),
    _sector("資訊服務類指數", 150.0),
    _sector("其他電子類指數", 100.0),
    _sector("建材營造類指數", 362.0),
    _sector("航運類指數", 152.0),
    _sector("觀光類指數", 120.0, until=_NEW_SECTORS_FROM),
    _sector("觀光餐旅類指數", 140.0, since=_NEW_SECTORS_FROM),
    _FINANCE,
    _sector("貿易百貨類指數", 294.0),
    _sector("油電燃氣類指數", 108.0),
    _sector("綠能環保類指數", 94.0, since=_NEW_SECTORS_FROM),
    _sector("數位雲端類指數", 93.0, since=_NEW_SECTORS_FROM),
    _sector("運動休閒類指數", 99.0, since=_NEW_SECTORS_FROM),
    _sector("居家生活類指數", 95.0, since=_NEW_SECTORS_FROM),
    _sector("其他類指數", 375.0),
    _sector(UNMAPPED, 100.0, since=_UNMAPPED_FROM),
)


def report(seed: int, session: date) -> IndexReport:
    """Return the index report of one session."""
    reported = [index for index in INDICES if index.reported_on(session)]
    eve = trading_calendar().previous(session)
    levels = np.empty((CASH_STEPS + 1, len(reported)))
    for column, index in enumerate(reported):
        levels[0, column] = close_of(index.process, seed, eve)
        levels[1:, column] = cash_path(index.process, seed, session)
    hundredths = np.rint(levels * 100).astype(np.int64)
    return IndexReport(tuple(index.name for index in reported), hundredths)
