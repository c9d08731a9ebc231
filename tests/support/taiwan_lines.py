"""Lines of each of Taiwan's documents, and what is said of those that cannot be read."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from indextracker.lake.arrow import arrow_schema
from indextracker.readings import READINGS, Reading
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t

SESSION = date(2024, 12, 16)
FUTURES_CELLS = (
    *("trade_date", "product", "expiry", "trade_time", "price"),
    *("volume", "near_price", "far_price", "opening_auction"),
)
WELL = None
NO_CELLS = "the line does not split into its cells"

FUTURES = {
    "20241216,TX,202412,084500,23000,2,-,-,*": WELL,
    "20241216,TX,202412,084500,23000,2,-,-,": WELL,
    "20241216,TX,202412W1,084500,23000,2,-,-,": WELL,
    "20241216,TX,202412F5,084500,23000,2,-,-,": WELL,
    "20241213,QQF,202412,150000,.85,99999998,-,-,": WELL,
    "20241214,TX,202412,000000,23000.1234,2,-,-,": WELL,
    "20241216,TX,202412/202501,084500,-5,4,23000,22995,": WELL,
    "20241216,TX,202412/202501,235959,-.5,4,.9,.4,": WELL,
    "20241216,TX,202412": NO_CELLS,
    "2024121,TX,202412,084500,23000,2,-,-,": "unreadable date: 2024121",
    "20241332,TX,202412,084500,23000,2,-,-,": "unreadable date: 20241332",
    "20241131,TX,202412,084500,23000,2,-,-,": "unreadable date: 20241131",
    "20230229,TX,202412,084500,23000,2,-,-,": "unreadable date: 20230229",
    "20240229,TX,202412,084500,23000,2,-,-,": WELL,
    ",TX,202412,084500,23000,2,-,-,": "unreadable date: ",
    "20241217,TX,202412,084500,23000,2,-,-,": "date after the session: 20241217",
    "20241216,TX,202412,08450000,23000,2,-,-,": WELL,
    "20241216,TX,202412,13445999,23000,2,-,-,": WELL,
    "20241216,TX,202412,0845000,23000,2,-,-,": "unreadable time: 0845000",
    "20241216,TX,202412,240000,23000,2,-,-,": "unreadable time: 240000",
    "20241216,TX,202412,084560,23000,2,-,-,": "unreadable time: 084560",
    "20241216,TX,202412,84500,23000,2,-,-,": "unreadable time: 84500",
    "20241216,TX,202412,08:45,23000,2,-,-,": "unreadable time: 08:45",
    "20241216,,202412,084500,23000,2,-,-,": "no product",
    "20241216,TX,202413,084500,23000,2,-,-,": "unreadable expiry: 202413",
    "20241216,TX,202412X1,084500,23000,2,-,-,": "unreadable expiry: 202412X1",
    "20241216,TX,202412W6,084500,23000,2,-,-,": "unreadable expiry: 202412W6",
    "20241216,TX,,084500,23000,2,-,-,": "unreadable expiry: ",
    "20241216,TX,202412/,084500,5,4,1,6,": "unreadable expiry: 202412/",
    "20241216,TX,202412/202501/202502,084500,5,4,1,6,": "unreadable expiry: 202412/202501/202502",
    "20241216,TX,202412,084500,,2,-,-,": "unreadable price: ",
    "20241216,TX,202412,084500,-,2,-,-,": "unreadable price: -",
    "20241216,TX,202412,084500,-1,2,-,-,": "unreadable price: -1",
    "20241216,TX,202412,084500,1e3,2,-,-,": "unreadable price: 1e3",
    "20241216,TX,202412,084500,1.00001,2,-,-,": "unreadable price: 1.00001",
    "20241216,TX,202412,084500,0,2,-,-,": "unreadable price: 0",
    "20241216,TX,202412,084500,.0,2,-,-,": "unreadable price: .0",
    "20241216,TX,202412,084500,0.00,2,-,-,": "unreadable price: 0.00",
    "20241216,TX,202412,084500,-0,2,-,-,": "unreadable price: -0",
    "20241216,TX,202412,084500,00,2,-,-,": "unreadable price: 00",
    "20241216,TX,202412,084500,0023000.50,002,-,-,": WELL,
    "20241216,TX,202412,084500,.0001,2,-,-,": WELL,
    "20241216,TX,202412,084500,12345678,2,-,-,": "unreadable price: 12345678",
    "20241216,TX,202412/202501,084500,0,4,23000,23000,": WELL,
    "20241216,TX,202412/202501,084500,-0.0,4,23000,23000,": WELL,
    "20241216,TX,202412/202501,084500,0,4,0,0,": "a spread without the prices of its legs",
    "20241216,TX,202412/202501,084500,6,4,23000,23005,": (
        "a spread whose legs do not give its price: 6"
    ),
    "20241216,TX,202412/202501,084500,.0001,4,23000,23000,": (
        "a spread whose legs do not give its price: .0001"
    ),
    "20241216,TX,202412,084500,23000,00,-,-,": "unreadable volume: 00",
    "20241216,TX,202412,084500,23000,0,-,-,": "unreadable volume: 0",
    "20241216,TX,202412,084500,23000,-2,-,-,": "unreadable volume: -2",
    "20241216,TX,202412,084500,23000,2.0,-,-,": "unreadable volume: 2.0",
    "20241216,TX,202412,084500,23000,,-,-,": "unreadable volume: ",
    "20241216,TX,202412,084500,23000,100000000,-,-,": "unreadable volume: 100000000",
    "20241216,TX,202412,084500,23000,3,-,-,": "volume no multiple of its sides: 3",
    "20241216,TX,202412/202501,084500,5,6,1,6,": "volume no multiple of its sides: 6",
    "20241216,TX,202412/202501,084500,5,4,-,-,": "a spread without the prices of its legs",
    "20241216,TX,202412/202501,084500,5,4,1,-,": "a spread without the prices of its legs",
}
COMBINATIONS = {
    "20241216,CAF,202412/202501,084531,-.01,40,88.2,88.19,*": WELL,
    "20241216,CAF,202412/202501W1,084531,0,2,88.2,88.2,": WELL,
    "20241216,CAF,202412,084531,88.2,2,-,-,*": "unreadable expiry: 202412",
    "20241216,CAF,202412/202501,084531,x,2,88.2,88.2,": "unreadable price: x",
    "20241216,CAF,202412/202501,084531,0,0,88.2,88.2,": "unreadable volume: 0",
    "20241216,CAF,202412/202501,0845,0,2,88.2,88.2,": "unreadable time: 0845",
    "20241216,CAF,202412/202501,084531,0,4,88.2,-,*": "a spread without the prices of its legs",
    "20241216,CAF": NO_CELLS,
}
OPTIONS = {
    "20241216,TXO,23000,202412,C,084500,.62,2,*": WELL,
    "20241213,TXO,23000,202412W4,P,150000,310,200,": WELL,
    "20241216,TXO,23000,202412F5,P,084500,3310,4,": WELL,
    "20241216,CCO,24.5,202412,P,125221,.62,1,": WELL,
    "20241216,CCO,24.50,202412,P,12522199,0.62,3,": WELL,
    "20241216,CCO,24.5,202412,P,125222,.62,1,": (
        "its other side could not be read: the sides of its group are odd"
    ),
    "20241216,TXO,23000,202412,C": NO_CELLS,
    "20241316,TXO,23000,202412,C,084500,1,1,": "unreadable date: 20241316",
    "20241217,TXO,23000,202412,C,084500,1,1,": "date after the session: 20241217",
    "20241216,TXO,23000,202412,C,084560,1,1,": "unreadable time: 084560",
    "20241216,,23000,202412,C,084500,1,1,": "no product",
    "20241216,TXO,23000,202412/202501,C,084500,1,1,": "unreadable expiry: 202412/202501",
    "20241216,TXO,23000,202412W6,C,084500,1,1,": "unreadable expiry: 202412W6",
    "20241216,TXO,23000,202412,C,084500,-1,1,": "unreadable price: -1",
    "20241216,TXO,23000,202412,C,084500,1.00001,1,": "unreadable price: 1.00001",
    "20241216,TXO,23000,202412,C,084500,-,1,": "unreadable price: -",
    "20241216,TXO,23000,202412,C,084500,1,0,": "unreadable volume: 0",
    "20241216,TXO,23000,202412,C,084500,1,,": "unreadable volume: ",
    "20241216,TXO,23000,202412,C,084500,0,1,": "unreadable price: 0",
    "20241216,TXO,23000,202412,C,084500,0.0000,1,": "unreadable price: 0.0000",
    "20241216,TXO,23000,202412,C,08450012,1,2,": WELL,
    "20241216,TXO,0,202412,C,084500,1,1,": "unreadable strike: 0",
    "20241216,TXO,0.0000,202412,C,084500,1,1,": "unreadable strike: 0.0000",
    "20241216,TXO,,202412,C,084500,1,1,": "unreadable strike: ",
    "20241216,TXO,23000.12345,202412,C,084500,1,1,": "unreadable strike: 23000.12345",
    "20241216,TXO,-23000,202412,C,084500,1,1,": "unreadable strike: -23000",
    "20241216,TXO,23000,202412,X,084500,1,1,": "neither call nor put: X",
    "20241216,TXO,23000,202412,c,084500,1,1,": "neither call nor put: c",
}
ETF = {
    "2024-12-16,006204,90.1,1,09:00:11.161,1": WELL,
    "2024-12-16,006204,90,10,13:30:00,0": WELL,
    "2024-12-16,006204,90.05,10,14:30:00.5,2": WELL,
    "2024-12-16,006204": NO_CELLS,
    "2024-12-13,006204,90.1,1,09:00:11.161,1": "date of another session: 2024-12-13",
    "null,006204,90.1,1,09:00:11.161,1": "date of another session: nothing",
    "2024-12-16,,90.1,1,09:00:11.161,1": "no symbol: ",
    "2024-12-16,006204,null,1,09:00:11.161,1": "unreadable price: nothing",
    "2024-12-16,006204,-90.1,1,09:00:11.161,1": "unreadable price: -90.1",
    "2024-12-16,006204,90.1,0,09:00:11.161,1": "unreadable volume: 0",
    "2024-12-16,006204,90.1,1.5,09:00:11.161,1": "unreadable volume: 1.5",
    "2024-12-16,006204,90.1,1,09:00:11.1619,1": WELL,
    "2024-12-16,006204,90.1,1,09:00:11.161000000,1": WELL,
    "2024-12-16,006204,90.1,1.0,09:00:11.1,2.0": WELL,
    "2024-12-16,006204,0.0,1,09:00:11.161,1": "unreadable price: 0.0",
    "2024-12-16,006204,90.1,1,09:00:11.,1": "unreadable time: 09:00:11.",
    "2024-12-16,006204,90.1,1,09:00:11.161,null": "unreadable side: nothing",
    "2024-12-16,006204,90.1,1,9:00:11,1": "unreadable time: 9:00:11",
    "2024-12-16,006204,90.1,1,09:00:11,3": "unreadable side: 3",
}
REPORTED_FUTURES = {
    "2024/12/16,TX,202412,1,4,.5,2,9,23000,88,一般": WELL,
    "2024/12/16,TX,202412,-,-,-,-,0,-,-,盤後": WELL,
    "2024/12/16,TX,202501,5,-,-,5,3,0,5,一般": WELL,
    "2024/12/16,TX,202502,5,4,4,5,3,0,5,一般": WELL,  # as the exchange has it
    "2024/12/16,TX,202412/202501W1,-5,4,-5,-1.5,9,-,-,盤後": WELL,
    "2024/12/16,TX,202412": NO_CELLS,
    "2024/12/16,TX,202412,1,1,1,1,9,0,0,盤後": (
        "a line before has the same product and expiry and trading session"
    ),
    "2024/12/13,TX,202412,1,4,1,2,9,-,-,盤後": "date of another session: 2024/12/13",
    "20241216,MTX,202412,1,4,1,2,9,-,-,盤後": WELL,
    "2024-12-16,TMF,202412,1,4,1,2,9,-,-,盤後": WELL,
    "20241213,TX,202412,1,4,1,2,9,-,-,盤後": "date of another session: 20241213",
    "2024/12/16,,202412,1,4,1,2,9,-,-,盤後": "no product",
    "2024/12/16,TX,202413,1,4,1,2,9,-,-,盤後": "unreadable expiry: 202413",
    "2024/12/16,TX,202412,1,4,1,2,9,-,-,夜盤": "unknown trading session: 夜盤",
    "2024/12/16,TX,202412,1,4,1,2,-,-,-,盤後": "unreadable volume: -",
    "2024/12/16,TX,202412,1,4,1,2,9,-1,-,盤後": "unreadable settlement price: -1",
    "2024/12/16,TX,202412,1,4,1,2,9,1,x,盤後": "unreadable open interest: x",
    "2024/12/16,TX,202412,1,4,x,2,9,1,1,盤後": "unreadable price among 1, 4, x, 2",
    "2024/12/16,TX,202412,1,4,-1,2,9,1,1,盤後": "unreadable price among 1, 4, -1, 2",
}
REPORTED_OPTIONS = {
    "2024/12/16,TXO,202412,1,4,.5,2,9,23000,88,一般,23000.0000,買權": WELL,
    "2024/12/16,TXO,202412W4,-,-,-,-,0,-,-,盤後,57.5,賣權": WELL,
    "2024/12/16,TXO,202412W4,-,-,-,-,0,-,-,盤後,57.5,買權": WELL,
    "2024/12/16,TXO,202412W4,1,1,1,1,1,-,-,盤後,57.5000,買權": (
        "a line before has the same product and expiry and trading session and strike and "
        "option type"
    ),
    "2024/12/16,TXO,202412,1,4,1,2,9,-,-,盤後,0,賣權": "unreadable strike: 0",
    "2024/12/16,TXO,202412/202501,1,4,1,2,9,-,-,盤後,57.5,賣權": (
        "unreadable expiry: 202412/202501"
    ),
    "2024/12/16,TXO,202412,1,4,1,2,9,-,-,盤後,,賣權": "unreadable strike: ",
    "2024/12/16,TXO,202412,1,4,1,2,9,-,-,盤後,57.5,C": "unreadable option type: C",
    "2024/12/16,TXO,202412,1,4,-1,2,9,-,-,盤後,57.5,賣權": "unreadable price among 1, 4, -1, 2",
}
TOTALS = {
    "20241216,TX,120,2400,5.0": WELL,
    "合計,,120,2400,5.0": WELL,
    "20241216,TX": NO_CELLS,
    "20241216,TX,n/a,2400,5.0": "unreadable volume: n/a",
    "20241216,TX,120,,5.0": "unreadable volume: ",
}
LEVELS = {
    "TAIEX,09:00:05,17106.29": WELL,
    'TAIEX,09:00:10,"17,106.29"': WELL,
    "TAIEX,09:00:10,17106.30": "a line before has the same index name and time",
    "TAIEX,09:00:15,.5": WELL,
    "TAIEX,13:30:00,0": "unreadable level: 0",
    "TAIEX,13:30:00,0.00": "unreadable level: 0.00",
    "TAIEX,13:30:00,12345678901": "unreadable level: 12345678901",
    "TAIEX": NO_CELLS,
    "TAIEX,9:00:05,17106.29": "unreadable time: 9:00:05",
    "TAIEX,090005,17106.29": "unreadable time: 090005",
    "TAIEX,24:00:00,17106.29": "unreadable time: 24:00:00",
    "TAIEX,09:00:05,--": "unreadable level: --",
    'TAIEX,09:00:05,"17,10.29"': "unreadable level: 17,10.29",
    "TAIEX,09:00:05,": "unreadable level: ",
    "TAIEX,09:00:05,null": "unreadable level: nothing",
    "TAIEX,null,17106.29": "unreadable time: nothing",
}
REPORTED = (
    *("report_date", "product", "expiry", "open", "high", "low", "close"),
    *("volume", "settlement_price", "open_interest", "trading_session"),
)


@dataclass(frozen=True)
class Kind:
    """The lines of a document.

    Attributes:
        table: Their bronze table.
        cells: The columns of their cells, in order.
        lines: Each with the reason why it is a reject, or None.
    """

    table: Table
    cells: tuple[str, ...]
    lines: dict[str, str | None]

    @property
    def reading(self) -> Reading:
        return READINGS[self.table]

    def bronze(self) -> pa.Table:
        """The lines as their feed decodes them, numbered from 0."""
        rows = []
        for number, line in enumerate(self.lines):
            cells = cells_of(line)
            fits = len(cells) == len(self.cells)
            row = dict(zip(self.cells, cells, strict=True)) if fits else {"text": line}
            if "index_name" in self.table.key:
                row.setdefault("index_name", "TAIEX")
            rows.append(row | {"session_date": SESSION, "line": number, "document": "0"})
        return lines_of(self.table, rows)


KINDS = {
    "futures": Kind(t.TAIFEX_FUTURES, FUTURES_CELLS, FUTURES),
    "combinations": Kind(
        t.TAIFEX_COMBINATION_TRADES, (*FUTURES_CELLS[:-1], "spread_against_spread"), COMBINATIONS
    ),
    "options": Kind(
        t.TAIFEX_OPTIONS,
        (
            *("trade_date", "product", "strike", "expiry", "option_type"),
            *("trade_time", "price", "volume", "opening_auction"),
        ),
        OPTIONS,
    ),
    "etf": Kind(
        t.FINMIND_TRADES,
        ("trade_date", "stock_id", "deal_price", "volume", "trade_time", "tick_type"),
        ETF,
    ),
    "reported futures": Kind(t.TAIFEX_DAILY_FUTURES, REPORTED, REPORTED_FUTURES),
    "reported options": Kind(
        t.TAIFEX_DAILY_OPTIONS, (*REPORTED, "strike", "option_type"), REPORTED_OPTIONS
    ),
    "totals": Kind(
        t.TAIFEX_VOLUME_TOTALS,
        ("trade_date", "product", "spread_volume", "total_volume", "spread_percent"),
        TOTALS,
    ),
    "index": Kind(t.TWSE_INDEX, ("index_name", "time", "level"), LEVELS),
}


def cells_of(line: str) -> list[str | None]:
    """Cells of a line; quotes keep the comma of thousands, and JSON may leave out a cell."""
    before, _, quoted = line.partition('"')
    if not quoted:
        return [None if cell == "null" else cell for cell in line.split(",")]
    return [*before.rstrip(",").split(","), quoted.rstrip('"')]


def lines_of(table: Table, rows: list[dict[str, object]]) -> pa.Table:
    """Rows of a bronze table; a column that a row does not have is null."""
    nullable = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
    return pa.Table.from_pylist(rows, nullable)
