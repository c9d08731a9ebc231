"""The three documents of a session's prices, byte for byte in the exchange's layout.

They only write: what is traded comes from session.py, what is published when from exchange.py.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from indextracker_simulator.india.session import UDIFF_FROM
from indextracker_simulator.india.texts import dated, hundredths, month, plain, rupees, zipped
from indextracker_simulator.india.unreadable import (
    Layout,
    UnreadableLine,
    unreadable_lines,
    with_unreadable,
)
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indextracker_simulator.india.session import Row

Kind = Literal["udiff", "legacy", "full"]

LEGACY_UNTIL: Final = date(2024, 7, 5)
"""The last session of the legacy document; from UDIFF_FROM on both were published."""

FULL_FROM: Final = date(2019, 9, 30)
"""The first session of the full bhavcopy, the only one that tells deliveries."""

NO_FULL: Final = frozenset({date(2022, 8, 8)})
"""Sessions of which no full bhavcopy was published."""

GARBLED: Final = date(2020, 7, 13)
"""A session whose full bhavcopy gives far too many shares of one instrument, and no mean price."""

GARBLED_SHARES: Final = 6_159_548_515
"""By so many shares too much."""

_GARBLED_NUMBER = 1

# On that day the shares of deliveries were those of something else.
_WRONG_SHARES_OF_DELIVERY = date(2020, 4, 13)

_NO_TRADES_AND_ISIN_UNTIL = date(2011, 6, 21)
# Saved from a spreadsheet: CRLF, and no comma at the end.
_RESAVED = frozenset({date(2017, 7, 10), date(2020, 7, 13)})

_UDIFF_HEADER = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
    "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
    "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
)
_LEGACY_HEADER = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
    "TOTALTRADES,ISIN,"
)
_EARLY_LEGACY_HEADER = _LEGACY_HEADER.removesuffix("TOTALTRADES,ISIN,")
_FULL_HEADER = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
    "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER"
)

_PAISE_A_LAKH = 10_000_000


def has_legacy(session: date) -> bool:
    """Tell whether a session has the legacy document."""
    return session <= LEGACY_UNTIL


def has_udiff(session: date) -> bool:
    """Tell whether a session has the UDiFF document."""
    return session >= UDIFF_FROM


def has_full(session: date) -> bool:
    """Tell whether a session has the full bhavcopy."""
    return session >= FULL_FROM and session not in NO_FULL


def has_no_isin(session: date) -> bool:
    """Tell whether the legacy document of a session tells neither trades nor ISINs."""
    return session <= _NO_TRADES_AND_ISIN_UNTIL


def document(kind: Kind, session: date, rows: Iterable[Row], seed: int | None) -> bytes:
    """Return a document of a session.

    Args:
        kind: Which one: UDiFF has a row per instrument and series; legacy has none of what is
            traded beside the series of a share; the full bhavcopy leaves more out.
        session: The session.
        rows: What was traded.
        seed: Chooses the lines that cannot be read; None for none.
    """
    layout = _layout(kind, session)
    printed = _printed(kind, rows)
    slips = unreadable(kind, session, printed, seed)
    lines = with_unreadable([layout.line(row) for row in printed], slips)
    match kind:
        case "full":
            return _text([_FULL_HEADER, *lines])
        case "udiff":
            name = f"BhavCopy_NSE_CM_0_0_0_{session:%Y%m%d}_F_0000.csv"
            return zipped({name: _text([_UDIFF_HEADER, *lines])})
        case "legacy":
            header = _EARLY_LEGACY_HEADER if has_no_isin(session) else _LEGACY_HEADER
            name = f"cm{session:%d}{month(session).upper()}{session:%Y}bhav.csv"
            if session in _RESAVED:
                resaved = [line.removesuffix(",") for line in (header, *lines)]
                return zipped({name: _text(resaved, "\r\n")})
            return zipped({name: _text([header, *lines])})


def unreadable(
    kind: Kind, session: date, rows: Iterable[Row], seed: int | None
) -> tuple[UnreadableLine, ...]:
    """Return the lines of a document that cannot be read; see `document`."""
    if seed is None:
        return ()
    random = generator(seed, "india", "unreadable", kind, session)
    return unreadable_lines(_printed(kind, rows), _layout(kind, session), random)


def _printed(kind: Kind, rows: Iterable[Row]) -> list[Row]:
    """Return the rows of a document, in its order."""
    if kind == "udiff":
        return sorted(rows, key=lambda row: (row.isin, row.symbol, row.series))
    kept = (row for row in rows if (row.in_full if kind == "full" else not row.beside))
    return sorted(kept, key=lambda row: (row.symbol, row.series))


def _layout(kind: Kind, session: date) -> Layout:
    match kind:
        case "udiff":
            return Layout(lambda row: _udiff_line(session, row), ",", 14, 24)
        case "legacy":
            return Layout(lambda row: _legacy_line(session, row), ",", 2, 8)
        case "full":
            return Layout(lambda row: _full_line(session, row), ", ", 4, 10)


def is_garbled(session: date, row: Row) -> bool:
    """Tell whether the full bhavcopy gives wrong shares, and no mean price, in a row."""
    return session == GARBLED and row.number == _GARBLED_NUMBER


def _udiff_line(session: date, row: Row) -> str:
    token = 1_000 + 10 * row.number + {"BL": 1, "T0": 2}.get(row.series, 0)
    traded = (row.open, row.high, row.low, row.close, row.last, row.previous)
    cells = (
        *(str(session), str(session), "CM", "NSE", "STK", str(token)),
        *(row.isin, row.symbol, row.series, "", "", "", "", row.name),
        *(rupees(paise) for paise in traded),
        *("", rupees(row.close), "", ""),
        *(str(row.shares), rupees(row.turnover), str(row.trades)),
        *("F1", str(row.lot), "", "", "", "", ""),
    )
    return ",".join(cells)


def _legacy_line(session: date, row: Row) -> str:
    traded = (row.open, row.high, row.low, row.close, row.last, row.previous)
    # The spreadsheet of 2020 also cut the year.
    year = "%y" if session == GARBLED else "%Y"
    day = f"{session:%d}-{month(session)}-{session.strftime(year)}"
    cells = (
        *(row.symbol, row.series),
        *(plain(paise) for paise in traded),
        *(str(row.shares), plain(row.turnover), day if session == GARBLED else day.upper()),
        *(() if has_no_isin(session) else (str(row.trades), row.isin)),
    )
    return ",".join(cells) + ","


def _full_line(session: date, row: Row) -> str:
    garbled = is_garbled(session, row)
    delivered, share = "-", "-"
    if row.delivered is not None:
        doubled = 1 + (session == _WRONG_SHARES_OF_DELIVERY and row.series == "EQ")
        delivered = str(row.delivered)
        share = hundredths(100 * row.delivered, doubled * row.shares)
    prices = (row.previous, row.open, row.high, row.low, row.last, row.close)
    cells = (
        *(row.symbol, row.series, dated(session)),
        *(rupees(paise) for paise in prices),
        rupees(0 if garbled else row.average),
        str(row.shares + garbled * GARBLED_SHARES),
        hundredths(row.turnover, _PAISE_A_LAKH),
        *(str(row.trades), delivered, share),
    )
    return ", ".join(cells)


def _text(lines: Iterable[str], ending: str = "\n") -> bytes:
    return "".join(line + ending for line in lines).encode()
