"""What reads bytes of strangers, and what it must come to, whatever they are.

A target takes bytes and says whether they were accepted. It raises where something broke that is
none of the refusals that are declared, or where something was accepted that the bytes do not say.
"""

from __future__ import annotations

import atexit
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from support.documents import accepted

from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.news import rss
from indextracker.files.confirmed import LayoutError, answered, document, reading_of
from indextracker.files.converting import convert, fingerprint, reader
from indextracker.files.detecting import detect
from indextracker.files.layouts import as_yaml, grouped
from indextracker.files.model import RefusedFileError
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.questions import QuestionError, asked
from indextracker.settings.file import read as read_settings
from indextracker.strategies.declared import FOLDER, DeclarationError, declared_runs
from indextracker.streams.decoding import decoded
from indextracker.streams.model import Kept
from indextracker.streams.producing.markets.pricing import MalformedError, event_of
from indextracker_spark.events import markets, trades

CORPUS = Path(__file__).parent / "corpus"
# What broke something once, named after its target.
FOUND = CORPUS / "found"
NOW = datetime(2024, 12, 16, 8, tzinfo=UTC)
CANARY = "canary-of-a-file-that-nobody-may-read"


@dataclass(frozen=True)
class Target:
    """Something that reads.

    Attributes:
        name: Its name, and that of its folder of the corpus.
        check: Has it read; whether that was accepted.
        packs: Whether it unpacks what it is given.
    """

    name: str
    check: Callable[[bytes], bool]
    packs: bool = False

    def seeds(self) -> list[bytes]:
        """The documents that are changed."""
        return [path.read_bytes() for path in sorted((CORPUS / self.name).iterdir())]


# documents of publishers


@dataclass(frozen=True)
class _Words:
    """All that a document says, for what is read of it to be found in."""

    lines: list[str]
    leaves: frozenset[str]


def _texts(body: bytes) -> list[str]:
    found = []
    for encoding in ("utf-8-sig", "cp950", "cp1252"):
        try:
            found.append(body.decode(encoding))
        except UnicodeDecodeError:
            continue
    return found or [body.decode("latin-1")]


def _leaves(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield str(name)
            yield from _leaves(value)
    elif isinstance(found, list):
        for value in found:
            yield from _leaves(value)
    elif found is not None:
        yield str(found).strip()


def _document(feed: Feed, key: str, body: bytes) -> bool:
    value = feed.timeline.value_of(key)
    try:
        rows = accepted(feed, body, value)
    except Refusal as refusal:
        assert refusal.reason
        assert refusal.state != "accepted"
        assert "by a fault of this program" not in refusal.reason
        return False
    _said(rows, body)
    return True


def _said(rows: pa.Table, body: bytes) -> None:
    """Every cell of a row of a text stands in its line, and every cell of JSON is a value of it.

    Raises:
        AssertionError: One does not.
    """
    if zipfile.is_zipfile(io.BytesIO(body)) or body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return  # its lines are those of what is inside
    cells = [
        name
        for name in rows.column_names
        if pa.types.is_string(rows.schema.field(name).type) and name not in ("document", "text")
    ]
    try:
        leaves = frozenset(
            _leaves(json.loads(body, parse_int=str, parse_float=str, parse_constant=str))
        )
    except (ValueError, RecursionError):
        leaves = frozenset()
    splits = [text.replace('""', '"').split("\n") for text in _texts(body)]
    for row in rows.to_pylist():
        for name in cells:
            value = row[name]
            if value in (None, "") or value in leaves:
                continue
            found = any(
                len(lines) >= row["line"] and value in lines[row["line"] - 1] for lines in splits
            )
            assert leaves or found, f"line {row['line']}: {name} is {value!r}, which is not in it"


def _key(feed: Feed) -> str:
    [first, *_] = sorted((CORPUS / feed.name).iterdir())
    return first.name.partition("__")[0].replace("_", ":")


def _feeds() -> list[Target]:
    return [
        Target(name, partial(_document, feed, _key(feed)))
        for name, feed in FEEDS.items()
        if (CORPUS / name).is_dir()
    ]


def _markup(body: bytes) -> bool:
    try:
        return bool(rss.items(body, "a.xml"))
    except Refusal as refusal:
        assert refusal.reason
        return False


# streams


def _events(events: Any, body: bytes) -> bool:
    """The quick decoding and the plain one give the same rows, of any bytes."""
    schema = arrow_schema(events.table)
    [*tables] = decoded(events, schema, "shard-0", [Kept(1, NOW, body)])
    quick = pa.concat_tables(tables).to_pylist() if tables else []
    names = [*events.rows("shard-0", 1, NOW, body)]
    columns = schema.names
    plain = [dict(zip(_plain_columns(events), row, strict=True)) for row in names]
    assert [{name: row[name] for name in columns} for row in quick] == [
        {name: row[name] for name in columns} for row in plain
    ]
    assert len(quick) == body.count(b"\n") + 1, "a line was lost"
    return any(row["problem"] is None for row in plain)


def _plain_columns(events: Any) -> list[str]:
    return [
        *("shard", "sequence", "position", "arrived_at", "hour", "event_date"),
        *events.fields,
        *("text", "problem"),
    ]


def _pricing(body: bytes) -> bool:
    try:
        event = event_of(body)
    except MalformedError:
        return False
    assert event["symbol"]
    json.dumps(event, allow_nan=False).encode()
    return True


# files of people


_OPENED = ExitStack()
atexit.register(_OPENED.close)


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    # As long as the process: closed at its end.
    folder = _OPENED.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-"))
    return _OPENED.enter_context(reader(Path(folder)))


def _prices(body: bytes) -> bool:
    """What is detected is written as a layout that can be read again, and loads or is refused."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        root = Path(made)
        file, into = root / "in" / "abc.csv", root / "into"
        file.parent.mkdir()
        into.mkdir()
        file.write_bytes(body)
        found = list(detect(file.parent))
        readings = []
        for layout in grouped(found):
            place = root / "layout.yml"
            place.write_text(as_yaml(layout), encoding="utf-8")
            said = document(place)
            asks = [one["about"] for one in said.get("questions") or []]
            try:
                readings.append(reading_of(answered(said, dict.fromkeys(asks, "yes"))))
            except LayoutError:
                continue
        if not readings:
            return False
        try:
            read = convert(
                _connection(),
                file,
                "abc.csv",
                fingerprint(file),
                readings,
                zone="UTC",
                into=into,
            )
        except RefusedFileError as refusal:
            assert str(refusal)
            return False
        rows = sum(pq.read_metadata(path).num_rows for path in read.parquet)
        assert rows == read.rows
        assert not list(root.parent.glob("up.csv"))
        return True


def _layout(body: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        place = Path(made) / "layout.yml"
        place.write_bytes(body)
        try:
            reading_of(answered(document(place), {}))
        except LayoutError as error:
            assert str(error)
            return False
        return True


def _declarations(body: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        place = Path(made) / FOLDER / "runs.yml"
        place.parent.mkdir()
        place.write_bytes(body)
        runs, wrong = declared_runs(str(Path(made) / "lake"))
        assert all(isinstance(one, DeclarationError) for one in wrong)
        return bool(runs)


def _settings(body: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        place = Path(made) / "indextracker.toml"
        place.write_bytes(body)
        try:
            read_settings(
                place, ("lake", "warehouse", "source", "engine", "start"), ("finmind_token",)
            )
        except ValueError as error:
            assert str(error)
            return False
        return True


# questions


def _question(body: bytes) -> bool:
    """No statement reads a file, writes one, or brings the process down."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        folder = Path(made)
        secret = folder / "secret.csv"
        secret.write_text(f"name\n{CANARY}\n", encoding="utf-8")
        statement = body.decode("utf-8", "replace").replace("@FOLDER@", str(folder))
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")
            connection.execute("set memory_limit = '200MB'")
            connection.execute("create schema silver")
            connection.execute("create table silver.trades as select 1 as price, 'TX' as product")
            answer = []
            try:
                with asked(connection, statement) as found:
                    for batch in found.batches:
                        answer += batch.to_pylist()
                        if len(answer) > 100_000:
                            break
            except QuestionError:
                pass
            with suppress(duckdb.TransactionException):
                connection.execute("rollback")
            kept = connection.execute("select * from silver.trades").fetchall()
        assert kept == [(1, "TX")], "a question changed a table"
        assert CANARY not in repr(answer).replace(statement, ""), "a question read a file"
        assert [*folder.iterdir()] == [secret], "a question wrote a file"
        return bool(answer)


OTHERS = (
    Target("rss", _markup),
    Target("quote_events", partial(_events, markets.EVENTS)),
    Target("trade_records", partial(_events, trades.EVENTS)),
    Target("pricing", _pricing),
    Target("prices", _prices, packs=True),
    Target("layout", _layout),
    Target("declarations", _declarations),
    Target("settings", _settings),
    Target("question", _question),
)


@cache
def targets() -> dict[str, Target]:
    """All of them by name."""
    return {one.name: one for one in (*_feeds(), *OTHERS)}
