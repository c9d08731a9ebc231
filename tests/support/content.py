"""What a backfill of two sessions left at an earlier commit: tables and marts, columns and rows.

`content.json` holds what was found at the commit that wrote it. Where a change is meant, say in
CHANGELOG.md what became of which numbers, and write it anew: `PYTHONPATH=tests .venv/bin/python
tests/support/content.py HOME` with a home that `indextracker backfill taiwan --from 2024-12-13
--to 2024-12-16` filled.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indextracker.lake import Lake

if TYPE_CHECKING:
    from support.homes import Home

FOUND = Path(__file__).with_name("content.json")
# Its rows tell when documents were asked for and tables built.
LOGS = ("bronze/deliveries", "silver/builds", "gold/builds", "bronze/builds", "raw.loads")
# The calendar reaches as far as the clock says: sessions beyond this day come with the years.
UNTIL = "2025-12-31"


def content(home: Home) -> dict[str, list[object]]:
    """Columns with their types, number of rows and a hash of the rows, of each table and mart."""
    lake = Lake(str(home.lake), "simulated")
    found: dict[str, list[object]] = {}
    with lake.sql(lake.tables()) as connection:
        for table in lake.tables():
            if table.path not in LOGS:
                found[table.path] = _content(connection, table.path.replace("/", "."))
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        relations = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('raw', 'staging', 'marts') order by 1"
        ).fetchall()
        for (name,) in relations:
            if name not in LOGS:
                found[name] = _content(connection, name)
    return found


def _content(connection: duckdb.DuckDBPyConnection, name: str) -> list[object]:
    schema, _, leaf = name.partition(".")
    columns = connection.execute(f'select * from {schema}."{leaf}" limit 0').description
    names = [column[0] for column in columns]
    past = f"where session_date <= date '{UNTIL}'" if "session_date" in names else ""
    # MD5 of the text, and not DuckDB's own hash, which may differ from version to version.
    row = ", ".join(f"""coalesce("{column}"::varchar, '')""" for column in sorted(names))
    hashed = f"('0x' || left(md5(concat_ws('|', {row})), 15))::hugeint"
    rows = connection.execute(
        f'select count(*), coalesce(sum({hashed}), 0) from {schema}."{leaf}" {past}'
    ).fetchone()
    assert rows is not None
    return [{column[0]: str(column[1]) for column in columns}, rows[0], str(rows[1])]


def check_as_before(home: Home) -> None:
    """Every table and mart that was there before is there, with the same columns and rows."""
    before: dict[str, Any] = json.loads(FOUND.read_text(encoding="utf-8"))
    now = content(home)
    assert [name for name in before if now.get(name) != before[name]] == []


if __name__ == "__main__":
    from support.homes import Home

    text = json.dumps(content(Home(Path(sys.argv[1]))), indent=1, sort_keys=True)
    FOUND.write_text(f"{text}\n", encoding="utf-8")
