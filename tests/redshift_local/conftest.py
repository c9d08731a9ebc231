"""A cluster and an S3 that it copies from, shared by the tests of the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector
from moto.server import ThreadedMotoServer

from redshift_local import Cluster, cluster


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def redshift(s3_endpoint: str) -> Iterator[Cluster]:
    with cluster(s3_endpoint) as running:
        yield running


@pytest.fixture
def connect(redshift: Cluster) -> Iterator[Callable[..., redshift_connector.Connection]]:
    """Connections of the unmodified driver, closed after the test."""
    opened = []

    def connection(**other: Any) -> redshift_connector.Connection:
        own = {"database": redshift.database, "user": redshift.user, "password": redshift.password}
        opened.append(
            redshift_connector.connect(
                host=redshift.host, port=redshift.port, **(own | {"ssl": False} | other)
            )
        )
        return opened[-1]

    yield connection
    for one in opened:
        one.close()


@pytest.fixture
def cursor(
    redshift: Cluster, connect: Callable[..., redshift_connector.Connection]
) -> redshift_connector.Cursor:
    """A cursor in a schema of its own."""
    redshift.sql("drop schema if exists here cascade")
    redshift.sql("create schema here")
    connection = connect()
    connection.autocommit = True
    one = connection.cursor()
    one.execute("set search_path to here")
    redshift.journal.clear()
    return one


@pytest.fixture
def put(s3_endpoint: str) -> Callable[..., None]:
    """Writes a Parquet file to the bucket, or its beginning."""
    s3 = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    s3.create_bucket(Bucket="bucket")

    def written(key: str, rows: pa.Table, length: int | None = None) -> None:
        document = pa.BufferOutputStream()
        pq.write_table(rows, document)
        s3.put_object(Bucket="bucket", Key=key, Body=document.getvalue().to_pybytes()[:length])

    return written
