"""What the loader keeps of itself: which keys of which subject were loaded, and by which load.

How a statement is run is known to the warehouses; what dbt keeps beside its models, to dbt_project.
A warehouse that was made before there were subjects is migrated when it is opened for writing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from indextracker.warehouse.slices import LOADED
from indextracker_catalogue import Key, Table, subject_of

LOADS = '(subject varchar(64) not null, "key" varchar(64) not null, load_id varchar(36) not null)'
BUILT = (
    '(subject varchar(64) not null, "key" varchar(64) not null, load_id varchar(36) not null,'
    " definition varchar(32) not null)"
)
# Tables in one piece have one key, the empty text.
WHOLE: Key = ""

# By subject the keys that a load touches.
Touched = dict[str, set[Key]]


def owner(table: Table) -> str:
    """The name of a table's subject; what is loaded belongs to one."""
    subject = subject_of(table)
    if subject is None:
        raise ValueError(f"{table.path} is of no subject: it cannot be loaded into a warehouse")
    return subject.name


def touched_by(tables: Sequence[Table], keys: Sequence[Key]) -> Touched:
    """The keys that a load of some tables touches."""
    found: Touched = {}
    for table in tables:
        found.setdefault(owner(table), set()).update([WHOLE] if table.is_whole else keys)
    return found


def keys_of(table: Table, values: Collection[Any]) -> set[Key]:
    """The keys of what the key's column holds."""
    return {table.timeline.key_of(value) for value in values}


def note(touched: Mapping[str, Collection[Key]], loads: str) -> Iterator[str]:
    """The statements that give keys the id of this load.

    Args:
        touched: By subject the keys.
        loads: The book's name, as it is written in SQL.
    """
    load_id = uuid4()
    for subject, keys in touched.items():
        if keys:
            listed = ", ".join(f"'{key}'" for key in sorted(keys))
            rows = ", ".join(f"('{subject}', '{key}', '{load_id}')" for key in sorted(keys))
            yield f"delete from {loads} where subject = '{subject}' and \"key\" in ({listed})"
            yield f"insert into {loads} values {rows}"


def migrate(ask: Callable[[str], Sequence[Any]], run: Callable[[str], object], raw: str) -> bool:
    """Gives the books of a warehouse that was made before there were subjects their subject.

    Such a warehouse holds one subject: the one whose tables it has. To be called in a transaction.

    Args:
        ask: Gives the rows of a query.
        run: Runs a statement.
        raw: The schema's name as it is written in SQL.

    Returns:
        Whether anything was migrated.
    """
    old = ask(
        "select table_schema, table_name from information_schema.columns"
        " where column_name = 'session_date' and (table_schema = 'raw' and table_name = 'loads'"
        " or table_schema = 'intermediate' and table_name in ('built_sessions', 'run_sessions'))"
    )
    if not old:
        return False
    there = {
        name
        for (name,) in ask(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        )
    }
    subject = next((owner(table) for table in LOADED if table.name in there), "")
    for schema, name in old:
        book = f"{raw if schema == 'raw' else schema}.{name}"
        if name == "run_sessions":  # of one run alone
            run(f"drop table {book}")
            continue
        rest = "load_id" if name == "loads" else "load_id, definition"
        run(f"alter table {book} rename to {name}_by_session")
        run(f"create table {book} {LOADS if name == 'loads' else BUILT}")
        run(
            f"insert into {book} select '{subject}', cast(session_date as varchar(16)), {rest}"
            f" from {book}_by_session"
        )
        run(f"drop table {book}_by_session")
    return True
