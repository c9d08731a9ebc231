"""Queries: one SQL statement that only reads, and its result in batches.

Lake and warehouses run the statements; the command line shows the results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

BATCH_ROWS = 10_000
_READS = frozenset({"SELECT", "EXPLAIN", "PRAGMA", "MULTI"})  # a pivot is several statements
_KIND = re.compile(r"^[\w ]+ Error: ")


class QuestionError(ValueError):
    """A question that cannot be asked or answered; the message says why, and where in it."""


@dataclass(frozen=True)
class Answer:
    """Names and types of the columns, and the rows as they come."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


@contextmanager
def asked(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, str] | None = None
) -> Iterator[Answer]:
    """Asks DuckDB one statement that only reads.

    From then on the connection reaches no file by name: `copy ... to` would write anywhere, also
    where the database itself is open read-only; nor a frame of this process by a variable's name.

    Args:
        connection: With all that may be asked.
        sql: The statement.
        values: What its parameters stand for: `$name` in it is the value of `name`.

    Raises:
        QuestionError: There is no statement, more than one, one that would write, or a mistake.
    """
    try:
        statement = _statement(connection, sql)
        # After two seconds DuckDB would draw one on standard output, in the middle of the answer.
        connection.execute("set enable_progress_bar = false")
        connection.execute("set python_enable_replacements = false")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        # `explain analyze insert ...` is a statement of the kind EXPLAIN, and inserts.
        connection.execute("begin transaction read only")
        relation = connection.sql(statement, params=dict(values) if values else None)
        if relation is None:
            raise QuestionError("this statement answers nothing: ask something with rows")
        reader = relation.to_arrow_reader(BATCH_ROWS)
        yield Answer(reader.schema, _batches(reader))
    except duckdb.Error as error:
        raise QuestionError(in_words(error)) from error


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:  # as Arrow hands on what DuckDB says
        raise QuestionError(in_words(error)) from error


def in_words(error: Exception) -> str:
    """What DuckDB says, without its kind of error; where it points to a place, with that."""
    says, _, place = str(error).partition("\n\n")
    sentence = " ".join(_KIND.sub("", says).split())
    return f"{sentence}\n{place}" if place.startswith("LINE ") else sentence


def _statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = connection.extract_statements(sql)
    if not statements:
        raise QuestionError('there is no SQL: give a query, such as "select * from index"')
    if len(statements) > 1:
        raise QuestionError(f"these are {len(statements)} statements: give one at a time")
    if statements[0].type.name not in _READS:
        raise QuestionError(
            f"{statements[0].type.name.replace('_', ' ').lower()} is not a query: all is "
            "read-only here; `--output FILE` writes an answer to a file"
        )
    return statements[0]
