"""A document is judged by the rejects that it would have; what is read passes every check."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spark.direct import FEW
from spark.frames import Frames
from spark.taiwan.test_reading import KINDS, SESSION, cells_of

from indextracker.readings import READINGS
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_spark.jobs import JOBS

LINES = 150
REFERENCES = {t.INDICES: [], t.ETFS: []}


def documents(kind: str) -> st.SearchStrategy[list[list[str | None]]]:
    """Lines that are read, each with up to two cells of others in place of its own."""
    _, _, names, lines = KINDS[kind]
    split = {line: cells for line in lines if len(cells := cells_of(line)) == len(names)}
    well = [cells for line, cells in split.items() if lines[line] is None]
    pools = [sorted({cells[n] for cells in split.values()}, key=str) for n in range(len(names))]

    @st.composite
    def line(draw: st.DrawFn) -> list[str | None]:
        cells = list(draw(st.sampled_from(well)))
        for place in draw(st.lists(st.integers(0, len(names) - 1), max_size=2)):
            cells[place] = draw(st.sampled_from(pools[place]))
        return cells

    return st.lists(line(), min_size=LINES, max_size=LINES)


def bronze(table: Table, names: tuple[str, ...], lines: list[list[str | None]]) -> pa.Table:
    """The lines as decoded, and one that does not split."""
    columns = {
        name: pa.array([*(cells[names.index(name)] for cells in lines), None], pa.string())
        if name in names
        else pa.nulls(len(lines) + 1, pa.string())
        for name in table.column_names
        if name not in ("session_date", "line", "text", "document")
    }
    if "index_name" in columns and "index_name" not in names:
        raise AssertionError(names)
    text = pa.array([None] * len(lines) + ["rubbish"], pa.string())
    return pa.table({"line": pa.array(range(len(lines) + 1)), **columns, "text": text})


def bad_rows(rows: Any, table: Table) -> dict[str, int]:
    """How many rows break each check that would stop a session."""
    found = {
        check.name: rows.where(check.bad_rows).count()
        for check in table.all_checks
        if check.severity == "error"
    }
    key = [*table.key, *table.key_nullable]
    found["key_unique"] = rows.groupBy(*key).count().where("count > 1").count()
    return {name: number for name, number in found.items() if number}


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_that_are_counted_are_the_rejects(frames: Frames, kind: str) -> None:
    read, table, names, _ = KINDS[kind]

    @FEW
    @given(documents(kind))
    def check(lines: list[list[str | None]]) -> None:
        decoded = bronze(table, names, lines)
        rows = [{**row, "session_date": SESSION, "document": "0"} for row in decoded.to_pylist()]
        frame = frames.of(table, rows).cache()
        found = {row["line"]: row["reads_well"] for row in read(frame).collect()}
        judged = READINGS[table].judge(decoded, SESSION).to_pylist()
        differ = [cells for n, cells in enumerate(lines) if found[n] != judged[n]]
        assert differ == []
        assert found[len(lines)] == judged[len(lines)] == False  # noqa: E712
        assert 0 < sum(judged) < len(judged)
        for job in JOBS.values():
            if job.reads[0] is table and job.writes is not t.REJECTS:
                others = [frames.of(other, REFERENCES[other]) for other in job.reads[1:]]
                facts = job.transform(frame, *others)
                assert bad_rows(facts, job.writes) == {}

    check()
