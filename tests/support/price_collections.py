"""Collections of price files in a lake, as loading leaves them, of simulated companies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue.files import silver
from indextracker_simulator.files import DAYS, company, history

SEED = 7


def tickers(companies: int) -> dict[str, str]:
    """The tickers of so many companies with their sectors."""
    made = [company(SEED, number) for number in range(companies)]
    return {one.ticker: one.sector for one in made}


def put_collection(
    lake: Lake,
    name: str = "prices",
    companies: int = 3,
    first: str = "2014-01-01",
    last: str = "2019-12-31",
) -> None:
    """Puts the daily prices of some companies into a lake, a file of it each."""
    inside = (np.datetime64(first) <= DAYS) & (np.datetime64(last) >= DAYS)
    days = DAYS[inside]
    tables = []
    for number in range(companies):
        of = company(SEED, number)
        prices = history(SEED, number, of)
        count = len(days)
        tables.append(
            pa.table(
                {
                    "collection": pa.array([name] * count),
                    "ticker": pa.array([of.ticker] * count),
                    "at": pa.array(days.astype("datetime64[us]"), pa.timestamp("us", "UTC")),
                    "interval": pa.array(["1d"] * count),
                    **{
                        price: pa.array(getattr(prices, price)[inside].astype(float))
                        for price in ("open", "high", "low", "close", "adj_close", "volume")
                    },
                    "file": pa.array([f"{of.ticker}.csv"] * count),
                    "document": pa.array([f"{number:064}"] * count),
                    "line": pa.array(range(2, count + 2), pa.int64()),
                }
            )
        )
    lake.replace(silver.FILE_PRICES, pa.concat_tables(tables), [name])
    schema = arrow_schema(silver.FILE_DOCUMENTS)
    documents = [
        {
            "collection": name,
            "file": table["file"][0].as_py(),
            "document": table["document"][0].as_py(),
            "state": "loaded",
            "rows": table.num_rows,
            "rejected": 0,
            "first_at": table["at"][0].as_py(),
            "last_at": table["at"][-1].as_py(),
        }
        for table in tables
    ]
    lake.replace(silver.FILE_DOCUMENTS, pa.Table.from_pylist(documents, schema), [name])


def companies_file(place: Path, companies: int = 3) -> Path:
    """A file of the companies' sectors, with the faults that such files have."""
    lines = ["ticker,exchange,name,sector,industry"]
    lines += [
        f'{ticker},NYSE,"Name, Inc.",{sector},N/A' for ticker, sector in tickers(companies).items()
    ]
    lines += ["Symbol,NYSE,NAME,SECTOR,INDUSTRY", "ZZZ,NYSE,Without,N/A,N/A"]
    file = place / "companies.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
