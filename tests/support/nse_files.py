"""End-of-day files of NSE as it prints them, of a few securities."""

import io
import zipfile
from datetime import date

FULL_HEADER = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, "
    "CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER"
)
LEGACY_HEADER = (
    "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
    "TOTALTRADES,ISIN,"
)
UDIFF_HEADER = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,"
    "FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,"
    "PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
)


def text(header: str, *lines: str, end: str = "\n") -> bytes:
    """A file of a header and lines."""
    return "".join(f"{line}{end}" for line in (header, *lines)).encode()


def zipped(name: str, body: bytes) -> bytes:
    """A zip of one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr(name, body)
    return archive.getvalue()


def full_line(
    symbol: str,
    series: str,
    session: date,
    *,
    close: str = "11.00",
    last: str = "11.00",
    average: str = "10.50",
    shares: str = "1000",
    lakh: str = "0.11",
    delivered: str = "500",
) -> str:
    """A line of the full bhavcopy, with a blank before each cell but the first."""
    cells = (
        *(symbol, series, f"{session:%d-%b-%Y}", "10.00", "10.00", "11.00", "10.00", last, close),
        *(average, shares, lakh, "9", delivered, "50.00" if delivered != "-" else "-"),
    )
    return ", ".join(cells)


def legacy_line(
    symbol: str,
    series: str,
    session: date,
    *,
    close: str = "11",
    last: str = "11",
    previous: str = "10",
    shares: str = "1000",
    turnover: str = "10500",
    isin: str = "INE000A01010",
) -> str:
    """A line of the legacy file, which ends with a comma."""
    day = f"{session:%d-%b-%Y}".upper()
    return (
        f"{symbol},{series},10,11,10,{close},{last},{previous},{shares},{turnover},{day},9,{isin},"
    )


def udiff_line(
    symbol: str,
    series: str,
    session: date,
    *,
    close: str = "11.00",
    last: str = "11.00",
    shares: str = "1000",
    turnover: str = "10500.00",
    isin: str = "INE000A01010",
) -> str:
    """A line in UDiFF."""
    return (
        f"{session},{session},CM,NSE,STK,1,{isin},{symbol},{series},,,,,{symbol} LIMITED,10.00,"
        f"11.00,10.00,{close},{last},10.00,,11.00,,,{shares},{turnover},9,F1,1,,,,,"
    )
