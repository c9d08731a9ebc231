"""Results of runs in a PostgreSQL of one's own: the rows of the marts, in tables as those.

What the marts hold is decided by the dbt project. Reading results back does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from indextracker.system.failpoints import failpoint
from indextracker.warehouse import Connection, dbt_runs

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Opened
    from psycopg2.extensions import cursor as Cursor

# What a row is of in each mart: those of a strategy, and those of a run, come and go together.
_KEYS: Final = {
    "dim_strategy": ("id",),
    "fct_strategy_run": ("run_id",),
    "fct_strategy_equity": ("run_id", "bar_at"),
}
# A run of 25 years has 6,300 bars.
_RUNS_AT_ONCE: Final = 20
_ROWS_AT_ONCE: Final = 1_000
_CONNECTING_SECONDS: Final = 10


class ResultsError(RuntimeError):
    """Results could not be written to PostgreSQL; the message says why and what to do."""


@dataclass(frozen=True)
class _Mart:
    """A mart, and its table.

    Attributes:
        name: Name of the mart.
        table: Its table, with the schema.
        columns: Name and type of each column.
        meaning: What a row is.
    """

    name: str
    table: str
    columns: tuple[tuple[str, str], ...]
    meaning: str

    @property
    def declared(self) -> str:
        """Columns and key, as a table is made of them."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.columns)
        return f"{columns}, primary key ({', '.join(_KEYS[self.name])})"

    @property
    def names(self) -> str:
        """The columns, as a list of SQL."""
        return ", ".join(f'"{name}"' for name, _ in self.columns)


def keep(address: SecretStr, world: str, marts: Connection, run_ids: Sequence[str]) -> None:
    """Has the tables of PostgreSQL hold runs as the marts do, and all that are missing in them.

    It is one transaction: readers see all of it or what was there before. Rows of runs that
    another lakehouse has put there stay.

    Args:
        address: `postgresql://user:password@host:port/database`.
        world: Whether the data is simulated or real; each has a schema, `indextracker_<world>`.
        marts: What is published.
        run_ids: Runs that are new, or were made again.

    Raises:
        ResultsError: PostgreSQL cannot be reached, or does not take them.
    """
    with _connected(address) as connection, connection, connection.cursor() as cursor:
        declared = _declared(f"indextracker_{world}")
        # Two that write at once would both find a run missing.
        cursor.execute("select pg_advisory_xact_lock(hashtext('indextracker'))")
        fresh = _prepared(cursor, f"indextracker_{world}", declared)
        strategies, runs, equity = declared
        there = [run_id for (run_id,) in _asked(marts, "select run_id from marts.fct_strategy_run")]
        cursor.execute(f"select run_id from {runs.table}")
        known = {run_id for (run_id,) in cursor.fetchall()} if not fresh else set()
        wanted = [run_id for run_id in there if run_id in run_ids or run_id not in known]
        ids = [key for (key,) in _asked(marts, "select id from marts.dim_strategy")]
        _copy(cursor, marts, strategies, ids)
        for start in range(0, len(wanted), _RUNS_AT_ONCE):
            some = wanted[start : start + _RUNS_AT_ONCE]
            _copy(cursor, marts, runs, some)
            _copy(cursor, marts, equity, some)
        failpoint("strategy-results")


def _declared(schema: str) -> tuple[_Mart, ...]:
    """The marts as the dbt project declares them."""
    nodes = dbt_runs.manifest()["nodes"]
    return tuple(
        _Mart(
            name,
            f"{schema}.{name}",
            tuple((one["name"], one["data_type"]) for one in node["columns"].values()),
            node["description"],
        )
        for name in _KEYS
        for node in (nodes[f"model.indextracker.{name}"],)
    )


def _prepared(cursor: Cursor, schema: str, declared: Sequence[_Mart]) -> bool:
    """Makes what is not there as it is declared; whether a table was made, and is empty."""
    # `if not exists` asks for the right to make schemas where there is one already, too.
    cursor.execute("select to_regnamespace(%s) is null", [schema])
    [(missing,)] = cursor.fetchall()
    if missing:
        cursor.execute(f"create schema {schema}")
    fresh = False
    for mart in declared:
        cursor.execute(f'create temporary table "declared" ({mart.declared}) on commit drop')
        if _shape(cursor, mart.table) != _shape(cursor, "pg_temp.declared"):
            fresh = True
            cursor.execute(f"drop table if exists {mart.table}")
            cursor.execute(f"create table {mart.table} ({mart.declared})")
            cursor.execute(f"comment on table {mart.table} is %s", [mart.meaning])
        cursor.execute("drop table pg_temp.declared")
    return fresh


def _shape(cursor: Cursor, table: str) -> list[tuple[Any, ...]]:
    """The columns of a table, with their types; none where there is no table."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [table],
    )
    return list(cursor.fetchall())


def _copy(cursor: Cursor, marts: Connection, mart: _Mart, keys: Sequence[object]) -> None:
    """Replaces the rows of some keys by those of the mart."""
    from psycopg2.extras import execute_values  # noqa: PLC0415

    if not keys:
        return
    key = _KEYS[mart.name][0]
    listed = ", ".join(f"'{value}'" for value in keys)
    cursor.execute(f"delete from {mart.table} where {key} in ({listed})")
    rows = _asked(marts, f"select {mart.names} from marts.{mart.name} where {key} in ({listed})")
    execute_values(
        cursor,
        f"insert into {mart.table} ({mart.names}) values %s",
        rows,
        page_size=_ROWS_AT_ONCE,
    )


def _asked(marts: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in marts.execute(sql).fetchall()]


@contextmanager
def _connected(address: SecretStr) -> Iterator[Opened]:
    """A connection; whatever PostgreSQL says is told without the address, which is a secret."""
    import psycopg2  # noqa: PLC0415 - of those alone who name one

    parts = urlsplit(address.get_secret_value())
    given = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username and unquote(parts.username),
        "password": parts.password and unquote(parts.password),
        "dbname": parts.path.strip("/"),
        "connect_timeout": _CONNECTING_SECONDS,
    } | dict(parse_qsl(parts.query))
    try:
        with closing(psycopg2.connect(**{k: v for k, v in given.items() if v})) as connection:
            yield connection
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        raise ResultsError(
            f"the results could not be written to PostgreSQL ({said}): the run is kept in the lake "
            "and in the warehouse; look at INDEXTRACKER_STRATEGY_DATABASE, and run the same "
            "command again"
        ) from error
