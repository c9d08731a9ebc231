"""Which lines are trades, and what is said of those that cannot be read."""

from datetime import date

import pytest
from spark.frames import Frames

from indextracker_spark.tables import taiwan as t
from indextracker_spark.taiwan import read_futures, read_index, read_volume_totals

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
    ",TX,202412,084500,23000,2,-,-,": "unreadable date: ",
    "20241217,TX,202412,084500,23000,2,-,-,": "date after the session: 20241217",
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
TOTALS = {
    "20241216,TX,120,2400,5.0": WELL,
    "合計,,120,2400,5.0": WELL,
    "20241216,TX": NO_CELLS,
    "20241216,TX,n/a,2400,5.0": "unreadable volume: n/a",
    "20241216,TX,120,,5.0": "unreadable volume: ",
}
LEVELS = {
    "TAIEX,09:00:05,17106.29": WELL,
    'TAIEX,09:00:05,"17,106.29"': WELL,
    "TAIEX,13:30:00,0": WELL,
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
KINDS = {
    "futures": (read_futures, t.TAIFEX_FUTURES, FUTURES_CELLS, FUTURES),
    "totals": (
        read_volume_totals,
        t.TAIFEX_VOLUME_TOTALS,
        ("trade_date", "product", "spread_volume", "total_volume", "spread_percent"),
        TOTALS,
    ),
    "index": (read_index, t.TWSE_INDEX, ("index_name", "time", "level"), LEVELS),
}


def _cells(line: str) -> list[str | None]:
    """Cells of a line; quotes keep the comma of thousands, and JSON may lack a cell."""
    before, _, quoted = line.partition('"')
    if not quoted:
        return [None if cell == "null" else cell for cell in line.split(",")]
    return [*before.rstrip(",").split(","), quoted.rstrip('"')]


@pytest.fixture(scope="module")
def reasons(frames: Frames) -> dict[tuple[str, str], str | None]:
    """What each reading says of each of its lines."""
    found = {}
    for kind, (read, table, names, lines) in KINDS.items():
        rows = []
        for number, line in enumerate(lines):
            cells = _cells(line)
            fits = len(cells) == len(names)
            row = dict(zip(names, cells, strict=True)) if fits else {"text": line}
            rows.append(row | {"session_date": SESSION, "line": number, "document": "0"})
        for row in read(frames.of(table, rows)).collect():
            assert row["reads_well"] == (row["reject_reason"] is None)
            found[kind, list(lines)[row["line"]]] = row["reject_reason"]
    return found


@pytest.mark.parametrize(
    ("kind", "line", "reason"),
    [(kind, line, reason) for kind, parts in KINDS.items() for line, reason in parts[3].items()],
)
def test_what_is_said_of_a_line(
    reasons: dict[tuple[str, str], str | None], kind: str, line: str, reason: str | None
) -> None:
    assert reasons[kind, line] == reason
