"""`indextracker query`: runs the SQL on lake or warehouse, with suggestions for misspelt tables.

`answers` writes the results; `indextracker.lake.questions` checks what a statement may do.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from indextracker.lake.arrow import without_pandas
from indextracker.lake.questions import Answer, QuestionError, asked
from indextracker.lake.versions import AsOf
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import TABLES
from indextracker_cli import answers
from indextracker_cli.arguments import meant
from indextracker_cli.worlds import tell_world

_QUALIFIED = re.compile(r"\b(bronze|silver|gold)\s*\.\s*\"?(\w+)", re.IGNORECASE)
_UNKNOWN = re.compile(r"Table with name \"?(\w+)\"? does not exist")
_LISTING = re.compile(r"\s*show\s+(all\s+)?tables\s*;?\s*", re.IGNORECASE)
_NAMES_OF_THE_LAKE = " (tables of the lake are named layer.table: `indextracker tables` lists them)"
# DuckDB's own proposal is of its system tables as often as not.
_PROPOSAL = re.compile(r" ?Did you mean \"[^\"]*\"\??")


@dataclass(frozen=True)
class Form:
    """How the answer is wanted: as a table unless it says otherwise."""

    as_csv: bool = False
    as_json: bool = False
    output: Path | None = None
    zone: ZoneInfo | None = None

    def __post_init__(self) -> None:
        if self.as_csv + self.as_json + (self.output is not None) > 1:
            raise click.UsageError("--csv, --json and --output exclude each other: give one")


def text_of(sql: str | None, file: Path | None) -> str:
    """The question: as it was given, from a file, or from standard input where it is `-`.

    Raises:
        click.UsageError: There is none, or two.
        click.ClickException: The file cannot be read.
    """
    if (sql is None) == (file is None):
        raise click.UsageError("give either SQL, or --file with the SQL in it; - reads the input")
    try:
        if "-" in (sql, str(file)):
            return sys.stdin.read()
        return file.read_text(encoding="utf-8") if file else sql or ""
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise click.ClickException(f"{file or 'the input'} cannot be read: {why}") from None


def query(settings: Settings, sql: str, form: Form, *, of_lake: bool, as_of: AsOf | None) -> None:
    """Asks the published warehouse, or the lake as it is or was, and writes the answer."""
    without_pandas()
    platform = Platform(settings)
    place = settings.lake.address if of_lake else platform.warehouse.address
    with _lake(platform, sql, as_of) if of_lake else _warehouse(platform, sql) as answer:
        _write(answers.in_zone(answer, form.zone) if form.zone else answer, form)
    tell_world(settings, place)


def _write(answer: Answer, form: Form) -> None:
    if form.output:
        answers.write_file(answer, form.output)
    elif form.as_csv:
        answers.write_csv(answer, sys.stdout)
    elif form.as_json:
        answers.write_json(answer, sys.stdout)
    else:
        answers.print_table(answer)


@contextmanager
def _warehouse(platform: Platform, sql: str) -> Iterator[Answer]:
    try:
        with platform.warehouse.ask(sql) as answer:
            yield answer
    except QuestionError as error:
        unknown = _UNKNOWN.search(str(error))
        if not unknown:
            raise
        names = {name.partition(".")[2]: name for name in _names(platform)}
        near = difflib.get_close_matches(unknown[1], names, 3)
        of_lake = [table.path for table in TABLES.values() if table.name == unknown[1]]
        proposal = (
            f"; perhaps {' or '.join(near)}" if near else ": `indextracker tables` lists them"
        )
        if of_lake:
            proposal = f"; {of_lake[0]} is a table of the lake: add --lake"
        raise _with(error, proposal) from None


def _names(platform: Platform) -> list[str]:
    sql = (
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('marts', 'intermediate', 'staging', 'raw')"
    )
    with platform.warehouse.ask(sql) as answer:
        return [str(name) for batch in answer.batches for name in batch.column(0).to_pylist()]


@contextmanager
def _lake(platform: Platform, sql: str, as_of: AsOf | None) -> Iterator[Answer]:
    lake = platform.lake
    named = {"/".join(found).lower() for found in _QUALIFIED.findall(sql)}
    tables = [TABLES[path] for path in sorted(named) if path in TABLES]
    if isinstance(as_of, int) and len(tables) != 1:
        raise click.BadParameter(
            "a version number is of one table, and this asks "
            f"{' and '.join(table.path for table in tables) or 'none as layer.table'}: give a time"
        )
    for table in tables:
        lake.open(table, as_of)
    if not named:
        # By leaf names alone, or what there is: there are some forty tables, in half a second.
        tables = lake.tables()
    if _LISTING.fullmatch(sql):
        sql = (
            "select schema_name || '.' || view_name as name from duckdb_views()"
            " where schema_name in ('bronze', 'silver', 'gold') order by 1"
        )
    with lake.sql(tables, as_of=as_of, alone=True) as connection:
        try:
            with asked(connection, sql) as answer:
                yield answer
        except QuestionError as error:
            if not _UNKNOWN.search(str(error)):
                raise
            unknown = "".join(meant(path) for path in sorted(named) if path not in TABLES)
            raise _with(error, unknown or _NAMES_OF_THE_LAKE) from None


def _with(error: QuestionError, proposal: str) -> QuestionError:
    """The error with what may be meant at the end of its sentence."""
    sentence, _, place = _PROPOSAL.sub("", str(error)).partition("\n")
    return QuestionError("\n".join(filter(None, (sentence.rstrip("! ") + proposal, place))))
