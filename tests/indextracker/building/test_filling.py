"""A table is filled from the lines of its keys, a slice at a time, whatever lines there are."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from support.taiwan_lines import KINDS, SESSION, Kind

from indextracker.building import filling
from indextracker.building.filling import fill
from indextracker.building.reference_tables import REFERENCES
from indextracker.lake import Lake
from indextracker.readings import FILLINGS, Filling
from indextracker_catalogue import taiwan as t

KEY = str(SESSION)
OTHERS = ("2024-12-12", "2024-12-13", "2025-01-02")
OF_EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


OF_TAIWAN = [job for job in FILLINGS if job.writes.timeline == t.XTAI]


def jobs_of(kind: Kind) -> list[Filling]:
    return [job for job in OF_TAIWAN if kind.reading in job.readings]


def put(lake: Lake, kind: Kind, key: str = KEY, lines: pa.Table | None = None) -> None:
    lines = kind.bronze() if lines is None else lines
    day = pa.repeat(pa.scalar(date.fromisoformat(key)), len(lines))
    place = lines.schema.get_field_index("session_date")
    lake.replace(kind.table, lines.set_column(place, "session_date", day), [key])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"), "simulated")
    for reference in (t.INDICES, t.ETFS):
        made.replace(reference, REFERENCES[reference].made())
    made.ensure({table for job in OF_TAIWAN for table in (job.writes, *job.reads)})
    return made


def rows(lake: Lake, job: Filling) -> list[dict[str, object]]:
    """The rows of a job's slice, in order."""
    found = lake.rows(job.writes).to_table().to_pylist()
    of_slice = job.slice_of(job.writes).items()
    own = [row for row in found if of_slice <= row.items()]
    return sorted(own, key=lambda row: [str(cell) for cell in row.values()])


@OF_EVERY_KIND
def test_a_line_that_cannot_be_read_stops_no_other(lake: Lake, kind: Kind) -> None:
    put(lake, kind)
    well = [number for number, reason in enumerate(kind.lines.values()) if reason is None]
    facts = 0
    for job in jobs_of(kind):
        fill(lake, job, [KEY])
        if job.writes is t.REJECTS:
            rejected = [row["line"] for row in rows(lake, job)]
            assert sorted(rejected) == [n for n in range(len(kind.lines)) if n not in well]
        else:
            facts += len(rows(lake, job))
    assert facts == (0 if kind.table.name in ONLY_REJECTS else len(well))


ONLY_REJECTS = ("taifex_volume_totals", "taifex_combination_trades")


@pytest.mark.slow
@OF_EVERY_KIND
def test_only_the_slice_of_the_keys_is_replaced(
    lake: Lake, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "KEYS_PER_COMMIT", 3)
    filled = {job.writes for job in jobs_of(kind)}
    jobs = [job for job in OF_TAIWAN if job.writes in filled]
    for other in KINDS.values():
        for key in (KEY, *OTHERS):
            put(lake, other, key)
    for job in jobs:
        fill(lake, job, (KEY, *OTHERS))
    before = {job.name: rows(lake, job) for job in jobs}
    for key in (KEY, OTHERS[1]):
        put(lake, kind, key, kind.bronze().slice(0, 0))
    for job in jobs_of(kind):
        fill(lake, job, (KEY, OTHERS[1]))
    emptied = {date.fromisoformat(key) for key in (KEY, OTHERS[1])}
    own = {job.name for job in jobs_of(kind)}

    def is_gone(name: str, row: dict[str, object]) -> bool:
        of_kind = row.get("feed", kind.table.name) == kind.table.name
        return name in own and of_kind and row["session_date"] in emptied

    assert {job.name: rows(lake, job) for job in jobs} == {
        name: [row for row in found if not is_gone(name, row)] for name, found in before.items()
    }


@OF_EVERY_KIND
def test_filling_twice_changes_nothing(lake: Lake, kind: Kind) -> None:
    put(lake, kind)
    for job in jobs_of(kind):
        fill(lake, job, [KEY])
        before = rows(lake, job)
        fill(lake, job, [KEY])
        assert rows(lake, job) == before


def test_lines_are_read_in_their_order_however_they_are_stored(lake: Lake) -> None:
    kind = KINDS["index"]
    [rejects] = [job for job in jobs_of(kind) if job.writes is t.REJECTS]
    put(lake, kind)
    fill(lake, rejects, [KEY])
    before = rows(lake, rejects)
    assert any("a line before" in str(row["reason"]) for row in before)
    put(lake, kind, lines=kind.bronze().sort_by([("line", "descending")]))
    fill(lake, rejects, [KEY])
    assert rows(lake, rejects) == before
