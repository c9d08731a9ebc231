"""COPY of Parquet from S3: which files, whether they fit the table, and their rows as CSV.

Redshift reads Parquet by position and converts nothing; a file that it would refuse, or would
misread, is refused here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

_NUMERIC = 1700
_VARCHAR = 1043
# What a column of Redshift takes of Parquet, by the number that PostgreSQL gives its type.
_TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    700: pa.float32(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),  # nanoseconds would be read as microseconds of another age
    1184: pa.timestamp("us", "UTC"),
}


class CopyError(Exception):
    """What is to be loaded is not there or does not fit the table."""


class Copy(NamedTuple):
    """A COPY statement: into which table, which columns (all if empty), from which place."""

    table: str
    columns: str
    source: str

    @property
    def probe(self) -> str:
        """A query that has the columns that are loaded."""
        return f"select {self.columns or '*'} from {self.table} where false"


class Column(NamedTuple):
    """A column that is loaded.

    Attributes:
        type: The number of its type.
        modifier: Its length, or precision and scale, as PostgreSQL packs them.
    """

    name: str
    type: int
    modifier: int

    @property
    def parquet(self) -> pa.DataType | None:
        """The one type of Parquet that it takes."""
        if self.type == _NUMERIC:
            precision, scale = divmod(self.modifier - 4, 1 << 16)
            return pa.decimal128(precision, scale)
        return _TYPES.get(self.type)


def columns(description: bytes) -> list[Column]:
    """The columns of a RowDescription message."""
    (count,) = struct.unpack_from("!h", description)
    found, rest = [], description[2:]
    for _ in range(count):
        name, _, rest = rest.partition(b"\0")
        _, _, type_, _, modifier, _ = struct.unpack_from("!ihihih", rest)
        found.append(Column(name.decode(), type_, modifier))
        rest = rest[18:]
    return found


def load(copy: Copy, into: list[Column], s3_endpoint: str | None) -> Iterator[bytes]:
    """The rows of all files under the prefix, as lines of CSV.

    Raises:
        CopyError: There is no file, or one does not fit the table.
    """
    try:
        for name, document in _files(copy.source, s3_endpoint):
            file = pq.ParquetFile(pa.BufferReader(document))
            _fits(name, file.schema_arrow, into)
            for batch in file.iter_batches():
                _short_enough(batch, into)
                lines = BytesIO()
                pa.csv.write_csv(batch, lines, pa.csv.WriteOptions(include_header=False))
                if lines.tell():
                    yield lines.getvalue()
    except (BotoCoreError, ClientError, pa.ArrowException, OSError) as error:
        raise CopyError(str(error)) from error


def _files(source: str, s3_endpoint: str | None) -> Iterator[tuple[str, bytes]]:
    if s3_endpoint is None:
        raise CopyError("this cluster was started without an S3 to copy from")
    bucket, _, prefix = source.removeprefix("s3://").partition("/")
    s3 = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="redshift-local",
        aws_secret_access_key="redshift-local",
    )
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    keys = [key for key in keys if not key.rpartition("/")[2].startswith(("_", "."))]
    if not keys:
        raise CopyError(f"The specified S3 prefix '{prefix}' does not exist")
    for key in keys:
        yield f"s3://{bucket}/{key}", s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _fits(name: str, schema: pa.Schema, into: list[Column]) -> None:
    if len(schema) != len(into):
        raise CopyError(
            "Unmatched number of columns between table and file. "
            f"Table columns: {len(into)}, Data columns: {len(schema)}, File name: {name}"
        )
    for field, column in zip(schema, into, strict=True):
        found = pa.string() if field.type == pa.large_string() else field.type
        if found != column.parquet:
            raise CopyError(
                f"{name} has an incompatible Parquet schema for column '{column.name}': "
                f"the column takes {column.parquet}, the file has {field.type}"
            )


def _short_enough(batch: pa.RecordBatch, into: list[Column]) -> None:
    """Redshift counts the length of a text in bytes; PostgreSQL, in characters."""
    for values, column in zip(batch.columns, into, strict=True):
        if column.type == _VARCHAR and column.modifier > 0:
            longest = pc.max(pc.binary_length(values)).as_py() or 0
            if longest > column.modifier - 4:
                raise CopyError(
                    f"The length of the data column {column.name} is longer than the length "
                    f"defined in the table. Table: {column.modifier - 4}, Data: {longest}"
                )
