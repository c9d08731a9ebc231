"""Makes the corpus: small documents of the simulated publishers, and what was written by hand.

`python tests/fuzz/making.py` writes `tests/fuzz/corpus` anew, a folder a target, but for what was
found. Where a document is large, its first lines stand for it, whether they are accepted or not.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

import yaml
from support.market import source
from support.workbooks import workbook

from indextracker.feeds import FEEDS
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.markets.market import Instrument
from indextracker_simulator.markets.messages import message
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.taiwan.exchange import Exchange

CORPUS = Path(__file__).parent / "corpus"
WHOLE = 25_000
LARGEST = 8_000
NOON = datetime(2024, 12, 16, 12, tzinfo=UTC)
LATE = datetime(2024, 12, 16, 23, 50, tzinfo=ZoneInfo("Asia/Kolkata"))
# What strangers may ask; @FOLDER@ has a file that no answer may hold, and none may be written to.
STATEMENTS = (
    "select product, price from silver.trades where price > 0 order by 1",
    "select * from read_csv('@FOLDER@/secret.csv')",
    "select * from '@FOLDER@/secret.csv'",
    "select * from read_text('@FOLDER@/*')",
    "copy (select * from silver.trades) to '@FOLDER@/out.csv'",
    "explain analyze copy silver.trades to '@FOLDER@/out.csv'",
    "explain analyze insert into silver.trades values (2, 'X')",
    "pragma enable_profiling='json'",
    "pragma profiling_output='@FOLDER@/out.json'",
    "set enable_external_access = true",
    "attach '@FOLDER@/new.duckdb' as other",
    "export database '@FOLDER@/out'",
    "install httpfs; load httpfs",
    "select getenv('HOME'), current_setting('secret_directory')",
    "pivot silver.trades on product using sum(price)",
    "with recursive t(n) as (select 1 union all select n + 1 from t where n < 99) select * from t",
    "select query_table('silver.trades')",
    "from query('select * from read_text(''@FOLDER@/secret.csv'')')",
    "select * from duckdb_settings() union all select 1, 2, 3, 4, 5",
    "checkpoint",
    "import database '@FOLDER@'",
    "create macro f() as table select 1",
    "select * from glob('@FOLDER@/*')",
    "select * from sniff_csv('@FOLDER@/secret.csv')",
    "describe silver.trades",
    "show tables",
    "summarize silver.trades",
    "prepare p as select 1",
    "call pragma_version()",
)
EARLIER = {"nse_legacy_bhavcopy": datetime(2023, 12, 15, 12, tzinfo=UTC)}


def documents() -> Iterator[tuple[str, str, bytes]]:
    """Target, name and bytes of each publisher's document."""
    nse = Nse(clock=lambda: LATE)
    with source(Exchange(), nse, Newsroom(exchange=nse)) as http:
        for name, feed in FEEDS.items():
            key = feed.timeline.key_of(EARLIER.get(name, NOON))
            for answer in http.answers(feed, feed.timeline.value_of(key)):
                if answer.document:
                    stem = f"{key}__{answer.name}".replace(":", "_")
                    yield name, stem, shortened(answer.document.read())


def shortened(body: bytes) -> bytes:
    """Its first lines, where it is large."""
    if len(body) <= WHOLE:
        return body
    if not body.startswith(b"PK"):
        return b"".join(line + b"\n" for line in body[:LARGEST].split(b"\n")[:-1]) or body[:LARGEST]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        [entry] = archive.infolist()
        text = archive.read(entry)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = text[: 4 * LARGEST].split(b"\n")[:-1]
        archive.writestr(entry.filename, b"\n".join([*lines, b""]))
    return made.getvalue()


def others() -> Iterator[tuple[str, str, bytes]]:
    """What is no document of a publisher's feed."""
    rss = "<rss><channel><item><title>A &amp; B</title><link>https://a.example/1</link></item></channel></rss>"
    yield "rss", "items.xml", rss.encode()
    yield "rss", "doctype.xml", b'<!DOCTYPE rss SYSTEM "x">' + rss.encode()
    quotes = [
        {"symbol": "AAPL", "price": 91.25, "time": "2024-12-16T15:30:00Z", "day_volume": 170},
        {"symbol": "BTC-USD", "price": 1e5, "time": "2024-12-16T15:30:00.250Z", "source": "x"},
    ]
    yield "quote_events", "two.jsonl", "\n".join(map(json.dumps, quotes)).encode()
    report = {
        "operation_id": "00000000-0000-4000-8000-000000000001",
        "operation": "sale",
        "person_name": "Ada",
        "symbol": "AAPL",
        "exchange": "NASDAQ",
        "currency": "USD",
        "price": "91.25",
        "timestamp": "2024-12-16 15:30:00",
    }
    yield "trade_records", "one.jsonl", json.dumps(report).encode()
    for symbol in ("AAPL", "BTC-USD", "EURUSD=X"):
        one = Instrument(symbol, 7)
        quote = one.at(int(NOON.timestamp()))
        for wrapped in (True, False):
            name = f"{symbol}-{'json' if wrapped else 'base64'}.txt"
            yield "pricing", name, message(one, quote, wrapped=wrapped).encode()
    yield from _prices()
    yield from _texts()


def _prices() -> Iterator[tuple[str, str, bytes]]:
    days = [f"2021-03-{day:02}" for day in range(1, 29)]
    plain = [f"{day},10.5,12.5,9.5,11.5,{n}00" for n, day in enumerate(days, 1)]
    yield "prices", "plain.csv", _lines("Date,Open,High,Low,Close,Volume", *plain)
    german = [f"{day[8:]}.{day[5:7]}.2021;1.010,5;1.012,5;1.009,5;1.011,5" for day in days]
    yield "prices", "german.csv", _lines("Datum;Erster;Hoch;Tief;Schlusskurs", *german)
    ticks = [f"{n * 1000 + 1614556800000}\tAAA\t{n}.25\t{n}" for n in range(40)]
    yield "prices", "ticks.tsv", _lines("time\tsymbol\tprice\tsize", *ticks)
    wide = [f"{day},{n}.5,{n + 1}.5,{n + 2}.5" for n, day in enumerate(days, 1)]
    yield "prices", "wide.csv", _lines("Date,AAA,BBB,CCC", *wide)
    japanese = "\n".join(["日付,始値,高値,安値,終値", *plain]).encode("cp932")
    yield "prices", "japanese.csv", japanese
    rows = [["Date", "Close"], *([day, float(number)] for number, day in enumerate(days))]
    yield "prices", "book.xlsx", workbook({"prices": rows})


def _lines(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


def _texts() -> Iterator[tuple[str, str, bytes]]:
    columns = [{"header": name.title(), "role": name} for name in ("date", "open", "close")]
    layout = {
        "layout": "date-open-close",
        "confirmed": True,
        "kind": "bars",
        "encoding": "utf-8",
        "delimiter": ",",
        "decimal": ".",
        "date_format": "%Y-%m-%d",
        "lines_before_header": 0,
        "header_lines": 1,
        "ticker": {"where": "file_name", "column": None},
        "columns": columns,
        "frequency": ["1d"],
        "missing": ["-"],
        "price_scale": 1,
        "zone": "UTC",
        "questions": [{"about": "ticker", "question": "is it?", "answer": "yes"}],
        "files": {"count": 1, "first": [{"file": "abc.csv", "ticker": "ABC"}]},
    }
    yield "layout", "plain.yml", yaml.safe_dump(layout, sort_keys=False).encode()
    laughs = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    laughs += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghi")]
    yield "layout", "laughs.yml", _lines(*laughs, "layout: x", "kind: *i", "columns: *i")
    runs = {
        "trend": {
            "strategy": "crossover",
            "prices": "historical",
            "first_year": 2000,
            "parameters": {"fast": 20, "slow": 100},
            "terms": {"cost_bps": 5},
        }
    }
    yield "declarations", "one.yml", yaml.safe_dump(runs).encode()
    yield "settings", "some.toml", b'lake = "lake"\nstart = 2020-01-02\nsource = "simulated"\n'
    for number, statement in enumerate(STATEMENTS):
        yield "question", f"{number:02}.sql", statement.encode()


def main() -> None:
    """Writes all of it."""
    for folder in CORPUS.iterdir():
        # What was found stays.
        if folder.name != "found":
            shutil.rmtree(folder)
    for target, name, body in (*documents(), *others()):
        place = CORPUS / target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)


if __name__ == "__main__":
    main()
