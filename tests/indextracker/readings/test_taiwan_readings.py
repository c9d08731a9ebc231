"""Which lines are facts, what is said of those that cannot be read, and that facts pass checks."""

import itertools
import re
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.taiwan_lines import KINDS, SESSION, Kind, cells_of, lines_of

from indextracker.building.reference_tables import REFERENCES
from indextracker.lake import scratch
from indextracker.readings import FILLINGS, Records
from indextracker_catalogue import Table
from indextracker_catalogue.taiwan.forms import DATE

TODAY = date(2026, 11, 23)  # decides how far ahead the calendar reaches
LINES = 150
OF_EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture(scope="module")
def reasons() -> dict[tuple[str, str], str | None]:
    """What each reading says of each of its lines."""
    found: dict[tuple[str, str], str | None] = {}
    for name, kind in KINDS.items():
        rejects = kind.reading.rejects(kind.bronze(), SESSION).to_pylist()
        said = {row["line"]: row["reason"] for row in rejects}
        found |= {(name, line): said.get(number) for number, line in enumerate(kind.lines)}
    return found


@pytest.mark.parametrize(
    ("kind", "line", "reason"),
    [(name, *part) for name, kind in KINDS.items() for part in kind.lines.items()],
)
def test_what_is_said_of_a_line(
    reasons: dict[tuple[str, str], str | None], kind: str, line: str, reason: str | None
) -> None:
    assert reasons[kind, line] == reason


@OF_EVERY_KIND
def test_a_document_is_judged_by_the_rejects_that_it_has(kind: Kind) -> None:
    lines = kind.bronze()
    judged = kind.reading.judge(lines, SESSION).to_pylist()
    rejected = kind.reading.rejects(lines, SESSION)["line"].to_pylist()
    assert [number for number, well in enumerate(judged) if not well] == rejected
    assert rejected == [n for n, reason in enumerate(kind.lines.values()) if reason]


def test_a_reject_keeps_its_text_or_its_cells() -> None:
    kind = KINDS["futures"]
    rejects = kind.reading.rejects(kind.bronze(), SESSION).to_pylist()
    texts = {row["line"]: row["text"] for row in rejects}
    lines = list(kind.lines)
    assert all(text == lines[number] for number, text in texts.items())


def test_a_date_is_a_day_of_the_calendar() -> None:
    """Of every month and year of two centuries, and of the centuries around."""
    form = re.compile(DATE)
    years = [1600, 1700, 1800, *range(1900, 2101), 2300, 2400]
    for year, month, day in itertools.product(years, range(14), range(33)):
        try:
            exists = bool(date(year, month, day))
        except ValueError:
            exists = False
        text = f"{year}{month:02d}{day:02d}"
        assert bool(form.fullmatch(text)) == exists, text


def test_an_odd_sum_of_a_document_without_a_reject_is_left_to_the_audit() -> None:
    """A line is missing there: an error, and no line of it is at fault."""
    kind = KINDS["options"]
    cells = cells_of("20241216,TXO,23000,202412,C,084500,.62,1,*")
    line = dict(zip(kind.cells, cells, strict=True))
    row = {**line, "session_date": SESSION, "line": 3, "document": "0"}
    assert kind.reading.judge(lines_of(kind.table, [row]), SESSION).to_pylist() == [True]


@st.composite
def documents(draw: st.DrawFn, kind: Kind) -> pa.Table:
    """Lines that are read, each with up to two cells of others in place of its own."""
    split = {x: cells for x in kind.lines if len(cells := cells_of(x)) == len(kind.cells)}
    well = [cells for line, cells in split.items() if kind.lines[line] is None]
    pools = [sorted({row[n] for row in split.values()}, key=str) for n in range(len(kind.cells))]
    rows: list[dict[str, object]] = []
    for number in range(LINES):
        cells = list(draw(st.sampled_from(well)))
        for place in draw(st.lists(st.integers(0, len(pools) - 1), max_size=2)):
            cells[place] = draw(st.sampled_from(pools[place]))
        rows.append(dict(zip(kind.cells, cells, strict=True)) | {"line": number})
    rows.append({"line": LINES, "text": "rubbish"})
    same = {"session_date": SESSION, "document": "0"}
    return lines_of(kind.table, [row | same for row in rows])


@OF_EVERY_KIND
def test_what_is_read_passes_every_check_that_stops_a_session(kind: Kind) -> None:
    facts = [job for job in FILLINGS if isinstance(job, Records) and kind.reading in job.readings]

    @settings(max_examples=25, derandomize=True)
    @given(documents(kind))
    def check(lines: pa.Table) -> None:
        judged = kind.reading.judge(lines, SESSION)
        assert 0 < sum(judged.to_pylist()) < len(judged)
        for job in facts:
            rows = job.of([lines], SESSION, *(REFERENCES[t].made(TODAY) for t in job.others))
            assert rows.column_names == list(job.writes.column_names)
            assert bad_rows(rows, job.writes) == {}

    check()


def bad_rows(rows: pa.Table, table: Table) -> dict[str, int]:
    """How many rows break each check that would stop a session."""
    checks = {c.name: c.bad_rows for c in table.all_checks if c.severity == "error"}
    key = ", ".join([*table.key, *table.key_nullable])
    with scratch.catalog(alone=True) as connection:
        connection.register("facts", rows)
        found = {
            name: _count(connection, f"select count(*) from facts where {bad}")
            for name, bad in checks.items()
        }
        repeated = f"select {key} from facts group by all having count(*) > 1"
        found["key_unique"] = _count(connection, f"select count(*) from ({repeated})")
    return {name: number for name, number in found.items() if number}


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    [(number,)] = connection.execute(query).fetchall()
    return int(number)
