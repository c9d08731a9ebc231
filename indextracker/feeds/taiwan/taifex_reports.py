"""The futures exchange's daily report: its own figures of each contract.

One cp950 CSV of futures and one of options, asked for by a form. Columns are read by name, since
some were added and moved over the years. A comma may end the header, the lines, both or neither:
until 2025-12-05 it ended the lines alone, and of options it ends the header alone since. How cells
are typed and what they mean is decided in silver.

A CSV carries no checksum. It is taken as complete if its last line ends, if the exchange's main
product is there with its day part and settlement prices, and if the calendar spreads, which follow
all other futures, are there. A digit that changed on the way, or the loss of other whole lines,
cannot be detected here; an answer cut off by the network is detected by the announced length, and a
contract that is missing by the reconciliation with the trades.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.lines import BLANKS, split_lines
from indextracker.feeds.model import Refusal, Request, quote
from indextracker.feeds.pages import refuse_page
from indextracker.feeds.readable import refuse_unsplit
from indextracker.feeds.texts import decoded, without_end_mark
from indextracker_catalogue.taiwan import TAIFEX_DAILY_FUTURES, TAIFEX_DAILY_OPTIONS
from indextracker_catalogue.taiwan.forms import DAY_PART, REPORT_DATES

if TYPE_CHECKING:
    from indextracker.system.documents import Document
    from indextracker_catalogue import Table

NO_DATA = "查無資料"
NO_VALUE = "-"

# What silver reads; without one of them a report is refused.
NEEDED: Final = {
    "report_date": "交易日期",
    "product": "契約",
    "expiry": "到期月份(週別)",
    "open": "開盤價",
    "high": "最高價",
    "low": "最低價",
    "close": "收盤價",
    "volume": "成交量",
    "settlement_price": "結算價",
    "open_interest": "未沖銷契約數",
    "trading_session": "交易時段",
}
NEEDED_OF_OPTIONS: Final = {"strike": "履約價", "option_type": "買賣權"}
# What not every report has: 契約到期日 came on 2025-12-08.
KNOWN: Final = {
    "best_bid": "最後最佳買價",
    "best_ask": "最後最佳賣價",
    "historical_high": "歷史最高價",
    "historical_low": "歷史最低價",
    "halted": "是否因訊息面暫停交易",
    "change": "漲跌價",
    "change_percent": "漲跌%",
    "spread_order_volume": "價差對單式委託成交量",
    "expiry_date": "契約到期日",
}


@dataclass(frozen=True)
class Report:
    """One of the two reports.

    Attributes:
        table: The bronze table of its lines.
        kind: How its files are named in an archive, futures or options.
        path: Where the publisher's form is sent.
        main_product: The product that no session is without.
        spreads_since: The session since which calendar spreads are known to follow the
            outright contracts; None where there are none.
        needed: Names of the columns that have to be there, by their bronze column.
    """

    table: Table
    kind: str
    path: str
    main_product: str
    needed: dict[str, str]
    spreads_since: date | None = None

    @property
    def optional(self) -> dict[str, str]:
        """Names of the columns that may be missing, by their bronze column."""
        return {c: name for c, name in KNOWN.items() if c in self.table.column_names}

    def names(self, session: date) -> tuple[str, ...]:
        """The name of a session's report; the publisher's own is the same for all."""
        return (f"{self.kind}_{session:%Y_%m_%d}.csv",)

    def request(self, session: date) -> Request:
        """The form that asks for a session's report of all products."""
        day = f"{session:%Y/%m/%d}"
        return Request(
            self.path,
            form={
                "down_type": "1",
                "commodity_id": "all",
                "queryStartDate": day,
                "queryEndDate": day,
            },
        )


FUTURES: Final = Report(
    TAIFEX_DAILY_FUTURES,
    "futures",
    "/cht/3/futDataDown",
    "TX",
    NEEDED,
    spreads_since=date(2023, 1, 1),
)
OPTIONS: Final = Report(
    TAIFEX_DAILY_OPTIONS,
    "options",
    "/cht/3/optDataDown",
    "TXO",
    NEEDED | NEEDED_OF_OPTIONS,
)


def read_report(report: Report, published: Document, session: date) -> pa.Table:
    """Read a session's complete report: a row per line that is not blank; the header is line 1.

    Raises:
        Refusal: missing for the page that says that there are no data and for a header alone,
            blocked for a firewall's page, partial where the day part or the settlement prices of
            the main product are not there yet, refused for anything else.
    """
    document = report.names(session)[0]
    lines = _lines(report, published.read(), session)
    if not lines.num_rows:
        raise Refusal("missing", f"{document} has a header and no line: no session on that day")
    own = pa.array([session.strftime(form) for form in REPORT_DATES.values()])
    of_session = pc.is_in(lines.column("report_date"), own)
    others = lines.filter(pc.and_(pc.is_valid(lines.column("report_date")), pc.invert(of_session)))
    if others.num_rows:
        raise Refusal(
            "refused",
            f"{document}: line {others.column('line')[0]} is of the date "
            f"{quote(others.column('report_date')[0].as_py())}, expected {session:%Y/%m/%d}",
        )
    main = lines.filter(pc.equal(lines.column("product"), report.main_product))
    if not main.num_rows:
        raise Refusal(
            "refused",
            f"{document} has {lines.num_rows} lines and none of {report.main_product}, which "
            "trades in every session: it is cut off, or was requested for other products",
        )
    day = main.filter(pc.equal(main.column("trading_session"), DAY_PART))
    if not day.num_rows:
        raise Refusal(
            "partial",
            f"{document} has lines of the night part alone; a complete report has {DAY_PART} too",
        )
    if set(pc.unique(day.column("settlement_price")).to_pylist()) <= {NO_VALUE, ""}:
        raise Refusal(
            "partial",
            f"{document} has no settlement price of {report.main_product} yet; a complete report "
            "has them",
        )
    spreads = pc.any(pc.match_substring(lines.column("expiry"), "/")).as_py()
    if report.spreads_since is not None and session >= report.spreads_since and not spreads:
        raise Refusal(
            "refused",
            f"{document} is cut off: it ends at line {lines.column('line')[-1]}, before the "
            "calendar spreads",
        )
    return lines


def _lines(report: Report, body: bytes, session: date) -> pa.Table:
    """The lines of a report, its columns found by name."""
    document = report.names(session)[0]
    if not body:
        raise Refusal("missing", f"{document} is empty")
    refuse_page(body, document, expected="a report", no_data=NO_DATA)
    body = without_end_mark(body)
    if not body.endswith(b"\n"):
        last = 1 + body.count(b"\n")
        raise Refusal("refused", f"{document} is cut off: line {last}, its last, does not end")
    header, _, data = decoded(body, document).partition("\n")
    names = [name.strip(BLANKS) for name in header.split(",")]
    if not names[-1]:
        names.pop()
    places = _places(report, names, document)
    cells = [f"cell_{place}" for place in range(len(names))]
    wanted = {name: cells[place] for name, place in places.items()}
    lines = split_lines(
        _without_last_comma(data, len(names)).encode(), cells, 2, list(wanted.values())
    )
    refuse_unsplit(lines, document, len(names))
    columns = {
        name: lines.column(wanted[name]).cast(pa.string())
        if name in wanted
        else pa.nulls(lines.num_rows, pa.string())
        for name in (*report.needed, *report.optional)
    }
    return pa.table({"line": lines.column("line"), **columns, "text": lines.column("text")})


def _without_last_comma(data: str, cells: int) -> str:
    """The lines, each without the comma that ends it after as many cells as the header has."""
    lines = data.split("\n")
    for number, line in enumerate(lines):
        ended = line.rstrip(BLANKS)
        if ended.endswith(",") and line.count(",") == cells:
            lines[number] = ended[:-1]
    return "\n".join(lines)


def _places(report: Report, names: list[str], document: str) -> dict[str, int]:
    """The place of each bronze column that the header names."""
    for name in report.needed.values():
        if names.count(name) != 1:
            found = "twice" if name in names else "not"
            raise Refusal(
                "refused",
                f"{document}, line 1: the column {name} is {found} among its {len(names)} "
                f"columns ({quote(','.join(names))})",
            )
    known = report.needed | report.optional
    missing = [name for name in report.optional.values() if name not in names]
    unknown = sorted({*names} - {*known.values(), ""})
    if missing and unknown:
        raise Refusal(
            "refused",
            f"{document}, line 1: of the columns {quote(','.join(missing))} none is there, and "
            f"{quote(','.join(unknown))} is not known: one may be the other, renamed or damaged",
        )
    return {column: names.index(name) for column, name in known.items() if name in names}
