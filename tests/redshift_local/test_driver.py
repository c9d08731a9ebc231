"""What the unmodified redshift-connector needs of a cluster, and what it shows of one."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redshift_connector
from redshift_connector.error import InterfaceError, ProgrammingError

from redshift_local import Cluster, Statement, cluster

Connect = Callable[..., redshift_connector.Connection]
Cursor = redshift_connector.Cursor


def test_the_address_names_all_but_the_password(redshift: Cluster) -> None:
    parts = urlsplit(redshift.address)
    assert (parts.scheme, parts.hostname, parts.port) == ("redshift", "127.0.0.1", redshift.port)
    assert (parts.username, parts.path) == (redshift.user, f"/{redshift.database}")
    assert redshift.password not in redshift.address


def test_it_says_that_it_is_redshift(connect: Connect) -> None:
    assert (b"server_version", b"8.0.2") in connect().parameter_statuses


def test_values_go_there_and_back(cursor: Cursor) -> None:
    values = (
        *(1, 2**40, 1.5, Decimal("1.2500"), "臺灣 'x'", True, None),
        *(date(2022, 3, 3), datetime.fromisoformat("2022-03-03 00:45:00.000001")),
    )
    cursor.execute(
        "create table kept (a integer, b bigint, c double precision, d decimal(12, 4),"
        " e varchar(64), f boolean, g varchar(1), h date, i timestamp)"
    )
    cursor.execute(f"insert into kept values ({', '.join(['%s'] * len(values))})", values)
    cursor.execute("select * from kept")
    assert [tuple(row) for row in cursor.fetchall()] == [values]


def test_many_rows_come_in_order(cursor: Cursor) -> None:
    cursor.execute("create table counted (n integer)")
    cursor.executemany("insert into counted values (%s)", [(n,) for n in range(100)])
    cursor.execute("select 1000 * a.n + b.n as n from counted as a, counted as b order by n")
    assert [n for (n,) in cursor.fetchall()] == [
        1000 * a + b for a in range(100) for b in range(100)
    ]


def test_a_transaction_holds_tables_too(connect: Connect, redshift: Cluster) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table for_now (n integer)")
    connection.rollback()
    with pytest.raises(ProgrammingError, match="for_now"):
        cursor.execute("select * from for_now")


def test_an_error_ends_a_statement_and_not_the_session(cursor: Cursor) -> None:
    for _ in range(3):
        with pytest.raises(ProgrammingError, match="division by zero"):
            cursor.execute("select 1 / 0")
    cursor.execute("select 1")
    assert cursor.fetchall() == ([1],)


def test_thirty_sessions_at_once(connect: Connect) -> None:
    def own_pid(_: int) -> int:
        cursor = connect().cursor()
        cursor.execute("select pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
        return pid

    with ThreadPoolExecutor(30) as threads:
        assert len(set(threads.map(own_pid, range(30)))) == 30


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"user": "stranger"}, "password authentication failed"),
        ({"database": "elsewhere"}, 'database "elsewhere" does not exist'),
        ({"ssl": True}, "Server refuses SSL"),
    ],
)
def test_who_is_not_let_in_is_told_why(connect: Connect, other: dict[str, Any], said: str) -> None:
    with pytest.raises((ProgrammingError, InterfaceError), match=said):
        connect(**other)


def test_a_client_of_postgresql_is_told_what_to_use(redshift: Cluster) -> None:
    connection = psycopg2.connect(
        host=redshift.host,
        port=redshift.port,
        user=redshift.user,
        password=redshift.password,
        dbname=redshift.database,
        sslmode="disable",
    )
    with pytest.raises(psycopg2.NotSupportedError, match="connect with that"):
        connection.cursor().execute("select 1")
    connection.close()


def test_a_client_that_vanishes_leaves_nothing_behind(redshift: Cluster, connect: Connect) -> None:
    redshift.sql("create table if not exists left_behind (n integer)")
    connection = connect()
    connection.cursor().execute("insert into left_behind values (1)")
    connection._usock.shutdown(socket.SHUT_RDWR)
    # The lock is waited for: it is had when the other transaction is over.
    assert redshift.sql("lock table left_behind; select count(*) from left_behind") == [(0,)]


def test_the_journal_has_each_execution_as_sent_and_as_run(
    redshift: Cluster, cursor: Cursor
) -> None:
    for days in (1, 1):
        cursor.execute("select /* twice */ dateadd(day, %s, cast(%s as date))", (days, "2022-1-1"))
    with pytest.raises(ProgrammingError):
        cursor.execute("select * from t for update")
    sent = "select /* twice */ dateadd(day, $1, cast($2 as date))"
    run = "select dateadd('day', $1, cast($2 as date))"
    assert redshift.journal[:2] == [Statement(sent, run, redshift.journal[0].connection)] * 2
    assert redshift.journal[2].sent == "select * from t for update"
    redshift.journal.clear()
    assert redshift.journal == []


def test_a_cluster_is_gone_after_its_block() -> None:
    with cluster() as short:
        folder = short.behind.socket.parent
        assert short.sql("select 1") == [(1,)]
        with socket.create_connection((short.host, short.port)):
            pass
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((short.host, short.port))
