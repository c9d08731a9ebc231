"""A stand-in for a Redshift cluster, to which the unmodified drivers of Redshift speak.

README.md says what it proves and what it cannot.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redshift_local.server import DATABASE, PASSWORD, USER, PostgreSQL, postgresql
from redshift_local.wire import HOST, Statement, proxy

__all__ = ["Cluster", "Statement", "cluster"]


@dataclass(frozen=True)
class Cluster:
    """Where to connect, and what came of it.

    Attributes:
        host: Address to connect to; without TLS (`ssl=False`, `sslmode: disable`).
        port: Its port.
        journal: The statements that were executed, as sent and as run, in order.
    """

    host: str
    port: int
    journal: list[Statement]
    behind: PostgreSQL
    database: str = DATABASE
    user: str = USER
    password: str = PASSWORD

    @property
    def address(self) -> str:
        """The cluster as a setting names it; the password is another setting."""
        return f"redshift://{self.user}@{self.host}:{self.port}/{self.database}"

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL itself answers to a statement of its own dialect."""
        return self.behind.sql(statement)


@contextmanager
def cluster(s3_endpoint: str | None = None) -> Iterator[Cluster]:
    """Starts a cluster; it is gone, with its data, afterwards.

    Args:
        s3_endpoint: The S3 that COPY reads; without one COPY is refused.
    """
    with (
        tempfile.TemporaryDirectory(prefix="redshift-", ignore_cleanup_errors=True) as folder,
        postgresql(folder) as behind,
    ):
        journal: list[Statement] = []
        with proxy(behind.socket, journal, s3_endpoint) as port:
            yield Cluster(HOST, port, journal, behind)
