"""NSE's three end-of-day files of a session: the full bhavcopy, UDiFF and the legacy format.

The date inside decides which session a file is of: on a day without a session NSE sends the file of
the session before, with status 200, and it once filed a Muhurat evening under the name of the
holiday after it. How the files are joined is decided in silver.

The full bhavcopy is plain text without a mark of its end: of one that is cut at the end of a line
another file of the session tells, whose last shares it is without. That is an audit, which has it
asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indextracker.calendars import trading_days
from indextracker.feeds.india.layouts import Layout, refuse_cut_off, refuse_other_dates
from indextracker.feeds.india.nse import ARCHIVES, DUE_AT, refuse_page
from indextracker.feeds.model import Feed, Request
from indextracker.feeds.zipped import MAGIC, read_only_entry
from indextracker.readings.india import bhavcopies as readings
from indextracker.readings.india.values import is_of
from indextracker_catalogue.india.columns import XNSE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa

    from indextracker.readings import Reading
    from indextracker.system.documents import Document


@dataclass(frozen=True)
class Bhavcopy:
    """One of the three files.

    Attributes:
        reading: How its lines are read.
        folder: The publisher's folder, by strftime of the session.
        name: The publisher's name of a session's file, without the ending of a zip.
        other_names: Names under which public stores keep it; any may be that of a zip, too.
        zipped: Whether the publisher packs it.
        sent_on_free_days: Whether the publisher has a file for days without a session too.
        published_from: The first session of which there is a file.
        published_until: The last one; empty while it goes on.
        layout: Its columns.
    """

    reading: Reading
    folder: Callable[[date], str]
    name: Callable[[date], str]
    layout: Layout
    published_from: str
    published_until: str = ""
    other_names: Callable[[date], tuple[str, ...]] = lambda _: ()
    zipped: bool = True
    sent_on_free_days: bool = False

    def names(self, session: date) -> tuple[str, ...]:
        """The names of a session's file, the publisher's first.

        What NSE has for a day without a session is the file of the session before. It is judged by
        the date inside, as any other: of 2021-11-04 there is no file but that of the holiday after.
        """
        plain = self._plain_names(session)
        free = _free_days_after(session) if self.sent_on_free_days else []
        packed = (f"{name}.zip" for name in plain)
        of_free = (name for day in free for name in self._plain_names(day))
        return tuple(dict.fromkeys((self._published_name(session), *plain, *packed, *of_free)))

    def request(self, session: date) -> Request:
        """What to ask for to get a session's file."""
        return Request(f"{self.folder(session)}/{self._published_name(session)}")

    def _published_name(self, session: date) -> str:
        return f"{self.name(session)}.zip" if self.zipped else self.name(session)

    def _plain_names(self, session: date) -> tuple[str, ...]:
        return (self.name(session), *self.other_names(session))

    def read(self, published: Document, session: date) -> pa.Table:
        """Read a session's file: a row per line that is not blank; the header is line 1.

        Raises:
            Refusal: missing for a page that says so, for a file without lines and for one of
                another date; blocked for the page that keeps clients out; refused for what is
                damaged, cut off, or has other columns.
        """
        document = self._published_name(session)
        body = published.read()
        refuse_page(body, document, expected="a file of prices")
        if body.startswith(MAGIC):
            body = read_only_entry(body, document, self._plain_names(session))
        else:
            refuse_cut_off(body, document)
        lines = self.layout.lines(body, document)
        refuse_other_dates(lines, "trade_date", session, is_of, document)
        return lines

    def feed(self) -> Feed:
        """The feed of its documents."""
        return Feed(
            name=self.reading.table.name,
            publisher=ARCHIVES.name,
            table=self.reading.table,
            due_at=DUE_AT,
            tells_end=self.zipped,
            published_from=self.published_from,
            published_until=self.published_until,
            names=self.names,
            request=self.request,
            read=self.read,
            reads_well=self.reading.judge,
        )


def _free_days_after(session: date) -> list[date]:
    """The days without a session until the next one."""
    days = trading_days(XNSE.exchange)
    return days.non_sessions(session, days.next(session))


def _month(session: date) -> str:
    return f"{session:%b}".upper()


_SECURITY: Final = {"symbol": "SYMBOL", "series": "SERIES"}

FULL: Final = Bhavcopy(
    reading=readings.FULL,
    folder=lambda _: "/products/content",
    name=lambda session: f"sec_bhavdata_full_{session:%d%m%Y}.csv",
    other_names=lambda session: (
        f"sec_bhavdata_full_{session}.csv",
        f"bhavdata_{session:%d-%m-%Y}.csv",
        f"sec_bhavdata_full_{session:%d%b%Y}.csv",
        f"sec_bhavdata_full_{session:%d%b%Y}bhav.csv",
    ),
    layout=Layout(
        {
            **_SECURITY,
            "trade_date": "DATE1",
            "previous_close": "PREV_CLOSE",
            "open": "OPEN_PRICE",
            "high": "HIGH_PRICE",
            "low": "LOW_PRICE",
            "last": "LAST_PRICE",
            "close": "CLOSE_PRICE",
            "average_price": "AVG_PRICE",
            "shares": "TTL_TRD_QNTY",
            "turnover_lakh": "TURNOVER_LACS",
            "trades": "NO_OF_TRADES",
            "deliverable_shares": "DELIV_QTY",
            "deliverable_percent": "DELIV_PER",
        },
        optional=("last", "average_price"),
    ),
    zipped=False,
    sent_on_free_days=True,
    published_from="2019-09-30",
)
UDIFF: Final = Bhavcopy(
    reading=readings.UDIFF,
    folder=lambda _: "/content/cm",
    name=lambda session: f"BhavCopy_NSE_CM_0_0_0_{session:%Y%m%d}_F_0000.csv",
    layout=Layout(
        {
            "trade_date": "TradDt",
            "business_date": "BizDt",
            "segment": "Sgmt",
            "source": "Src",
            "instrument_type": "FinInstrmTp",
            "instrument_number": "FinInstrmId",
            "isin": "ISIN",
            "symbol": "TckrSymb",
            "series": "SctySrs",
            "expiry_date": "XpryDt",
            "actual_expiry_date": "FininstrmActlXpryDt",
            "strike": "StrkPric",
            "option_type": "OptnTp",
            "instrument_name": "FinInstrmNm",
            "open": "OpnPric",
            "high": "HghPric",
            "low": "LwPric",
            "close": "ClsPric",
            "last": "LastPric",
            "previous_close": "PrvsClsgPric",
            "underlying_price": "UndrlygPric",
            "settlement_price": "SttlmPric",
            "open_interest": "OpnIntrst",
            "open_interest_change": "ChngInOpnIntrst",
            "shares": "TtlTradgVol",
            "turnover": "TtlTrfVal",
            "trades": "TtlNbOfTxsExctd",
            "trading_session": "SsnId",
            "board_lot": "NewBrdLotQty",
            "remarks": "Rmks",
            "reserved_1": "Rsvd1",
            "reserved_2": "Rsvd2",
            "reserved_3": "Rsvd3",
            "reserved_4": "Rsvd4",
        }
    ),
    published_from="2024-01-02",
)
LEGACY: Final = Bhavcopy(
    reading=readings.LEGACY,
    folder=lambda session: f"/content/historical/EQUITIES/{session:%Y}/{_month(session)}",
    name=lambda session: f"cm{session:%d}{_month(session)}{session:%Y}bhav.csv",
    other_names=lambda session: (
        f"cm{session:%d%b%Y}bhav.csv",
        f"cm{session:%d%b%Y}bhav.csv".casefold(),
    ),
    layout=Layout(
        {
            **_SECURITY,
            "open": "OPEN",
            "high": "HIGH",
            "low": "LOW",
            "close": "CLOSE",
            "last": "LAST",
            "previous_close": "PREVCLOSE",
            "shares": "TOTTRDQTY",
            "turnover": "TOTTRDVAL",
            "trade_date": "TIMESTAMP",
            "trades": "TOTALTRADES",
            "isin": "ISIN",
        },
        optional=("trades", "isin"),
    ),
    published_from="2011-01-03",
    published_until="2024-07-05",
)

FULL_BHAVCOPY = FULL.feed()
UDIFF_BHAVCOPY = UDIFF.feed()
LEGACY_BHAVCOPY = LEGACY.feed()
