"""Dagster's records in PostgreSQL are copied, and put back, without PostgreSQL's own programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from deployment.clouds import Cloud
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from indextracker.recovery.records import RecordsError, copied, put_back

ROWS = [(1, None, ""), (2, "a,b", 'said "so"\nand \\N'), (3, "臺", "é")]


def test_all_tables_come_back_and_go_on_counting(on_aws: Cloud, tmp_path: Path) -> None:
    del on_aws
    address = os.environ["INDEXTRACKER_DAGSTER_DATABASE"]
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("create table said (id serial primary key, who text, what text)"))
        for number, who, what in ROWS:
            row = {"number": number, "who": who, "what": what}
            connection.execute(text("insert into said values (:number, :who, :what)"), row)
    try:
        with copied(str(tmp_path), SecretStr(address)) as files:
            kept = {name: file.read_bytes() for name, file in files.items()}
        with engine.begin() as connection:
            connection.execute(text("delete from said where id > 1"))
        put_back(str(tmp_path), kept, SecretStr(address))
        with engine.begin() as connection:
            found = connection.execute(text("select * from said order by id")).fetchall()
            added = connection.execute(text("insert into said (who) values ('x') returning id"))
            assert added.scalar() == len(ROWS) + 1
        assert [tuple(row) for row in found] == ROWS
        with engine.begin() as connection:
            connection.execute(text("alter table said add column newer text"))
        with pytest.raises(RecordsError, match="other tables than the copy"):
            put_back(str(tmp_path), kept, SecretStr(address))
    finally:
        with engine.begin() as connection:
            connection.execute(text("drop table said"))
