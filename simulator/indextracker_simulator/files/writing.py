"""Files of many companies, one after the other, as the simulated data that people share look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from indextracker_simulator.files.companies import company
from indextracker_simulator.files.histories import DAYS, history

HEADER = ("date", "ticker", "sector", "adj_close", "high", "low", "open", "close", "volume")


@dataclass(frozen=True)
class Written:
    """A file that is there.

    Attributes:
        path: Where.
        size: In bytes.
        companies: How many companies it has, each from the first day to the last.
    """

    path: Path
    size: int
    companies: int


def write(folder: Path, seed: int, size: int, file_size: int) -> Iterator[Written]:
    """Writes files `SIM_1.csv`, `SIM_2.csv` and so on, each of which is there whole or not at all.

    Args:
        folder: Where; it is made.
        seed: Chooses companies and prices.
        size: Bytes of all of them, at least. More bytes leave all files but the last as they are.
        file_size: Bytes of a file; one ends with the company that reaches them.

    Yields:
        Each file once it is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = written = files = 0
    while written < size:
        files += 1
        first, place = number, folder / f"SIM_{files}.csv"
        aside = place.with_suffix(".part")
        with aside.open("wb") as file, pc.CSVWriter(file, _schema(), write_options=_PLAIN) as out:
            while file.tell() < min(file_size, size - written):
                out.write_table(_rows(seed, number))
                number += 1
        aside.replace(place)
        found = Written(place, place.stat().st_size, number - first)
        written += found.size
        yield found


_PLAIN = pc.WriteOptions(quoting_style="none", quoting_header="none")


def _schema() -> pa.Schema:
    types = {"date": pa.date32(), "volume": pa.int64()}
    texts = dict.fromkeys(("ticker", "sector"), pa.string())
    return pa.schema([(name, (types | texts).get(name, pa.float64())) for name in HEADER])


def _rows(seed: int, number: int) -> pa.Table:
    """All days of a company."""
    of = company(seed, number)
    prices = history(seed, number, of)
    known = {
        "date": DAYS,
        "ticker": pa.repeat(of.ticker, len(DAYS)),
        "sector": pa.repeat(of.sector, len(DAYS)),
    }
    columns = [known[name] if name in known else getattr(prices, name) for name in HEADER]
    return pa.table([pa.array(one) for one in columns], schema=_schema())
