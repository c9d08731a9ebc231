"""TAIFEX, the futures exchange: the publisher and its feeds.

It keeps tick files, control totals and combination trades for 30 sessions and lists each kind on a
page; it keeps its daily report for years. Reading the documents does not belong here.
"""

from __future__ import annotations

from datetime import time
from functools import partial
from typing import TYPE_CHECKING

from indextracker.feeds.model import Feed, Listing, Publisher
from indextracker.feeds.taiwan import FIRST_DAY, WHOLE_FROM
from indextracker.feeds.taiwan import taifex_listing as listing
from indextracker.feeds.taiwan import taifex_reports as reports
from indextracker.feeds.taiwan import taifex_ticks as ticks
from indextracker.readings import READINGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa

    from indextracker.system.documents import Document

# No limit is documented; 3 seconds between files is a cautious choice.
TAIFEX = Publisher("taifex", "https://www.taifex.com.tw", min_interval_seconds=3.0)

# Complete files were seen from 16:35 to 16:50, and once after 17:00.
DUE_AT = time(18, 30)
WINDOW_SESSIONS = 30
# A list gets its next row, and loses its oldest, with the early file of the session to come, on the
# morning after each session. Early files are of 05:11 to 05:15.
NEXT_ROW_AT = time(5, 10)


def _zipped(
    layout: ticks.Layout,
    read: Callable[[ticks.Layout, Document, date], pa.Table],
    page: Listing,
) -> Feed:
    return Feed(
        name=layout.table.name,
        publisher=TAIFEX.name,
        table=layout.table,
        due_at=DUE_AT,
        whole_from=WHOLE_FROM,
        readable_from=FIRST_DAY,
        names=layout.names,
        request=layout.request,
        read=partial(read, layout),
        reads_well=READINGS[layout.table].judge,
        listing=page,
        window_sessions=WINDOW_SESSIONS,
        window_moves_at=NEXT_ROW_AT,
    )


def _report(report: reports.Report) -> Feed:
    return Feed(
        name=report.table.name,
        publisher=TAIFEX.name,
        table=report.table,
        due_at=DUE_AT,
        whole_from=WHOLE_FROM,
        readable_from=FIRST_DAY,
        names=report.names,
        request=report.request,
        read=partial(reports.read_report, report),
        reads_well=READINGS[report.table].judge,
    )


FUTURES = _zipped(ticks.FUTURES, ticks.read_trades, listing.FUTURES)
VOLUME_TOTALS = _zipped(ticks.TOTALS, ticks.read_totals, listing.TOTALS)
COMBINATION_TRADES = _zipped(ticks.COMBINATIONS, ticks.read_trades, listing.COMBINATIONS)
OPTIONS = _zipped(ticks.OPTIONS, ticks.read_trades, listing.OPTIONS)
DAILY_FUTURES = _report(reports.FUTURES)
DAILY_OPTIONS = _report(reports.OPTIONS)
