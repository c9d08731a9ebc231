"""The store replaces exactly its slice, keeps worlds apart and survives a second writer."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from support.good_rows import GOOD, SESSION, put, rows
from support.programs import begin, waiting

from indextracker.lake import Lake, WorldMismatchError, store, ways
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.store import TableUnreadableError
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.model import Partitioned
from indextracker_catalogue.shared.deliveries import DELIVERIES

FRIDAY, MONDAY, TUESDAY = date(2024, 12, 13), SESSION, date(2024, 12, 17)
NEW_YEAR = date(2025, 1, 2)
EVERY = (FRIDAY, MONDAY, TUESDAY, NEW_YEAR)

# A table of each layout, and a column to mark rows in.
MARKS = {t.TAIFEX_FUTURES: "product", t.CONTRACTS: "expire_code"}
BY_LAYOUT = pytest.mark.parametrize("table", MARKS, ids=lambda table: table.partitioned)
EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)

WRITER = """
import sys
from datetime import date
from support.good_rows import rows
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
lake, table = Lake(sys.argv[1], "simulated"), TABLES[sys.argv[2]]
key, mark = sys.argv[3:5]
sys.stdin.readline()
for number in range(8):
    changed = {"session_date": date.fromisoformat(key), mark: str(number)}
    lake.replace(table, rows(table, changed), [key])
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def write(lake: Lake, table: Table, sessions: list[date], mark: str) -> None:
    changes = [{"session_date": session, MARKS[table]: mark} for session in sessions]
    lake.replace(table, rows(table, *changes), [*map(str, sessions)])


def marks(lake: Lake, table: Table) -> dict[date, str]:
    found = lake.rows(table).to_table().to_pylist()
    assert len(found) == len({row["session_date"] for row in found})
    return {row["session_date"]: row[MARKS[table]] for row in found}


# slices


@BY_LAYOUT
def test_a_hole_between_sessions_is_left_alone(lake: Lake, table: Table) -> None:
    write(lake, table, list(EVERY), "first")
    write(lake, table, [FRIDAY, TUESDAY], "second")
    assert marks(lake, table) == {
        FRIDAY: "second",
        MONDAY: "first",
        TUESDAY: "second",
        NEW_YEAR: "first",
    }


@BY_LAYOUT
def test_no_rows_empty_the_slice(lake: Lake, table: Table) -> None:
    write(lake, table, list(EVERY), "first")
    lake.replace(table, rows(table), [str(MONDAY)])
    assert marks(lake, table) == dict.fromkeys((FRIDAY, TUESDAY, NEW_YEAR), "first")


@BY_LAYOUT
def test_rows_outside_the_slice_are_refused(lake: Lake, table: Table) -> None:
    write(lake, table, [FRIDAY], "first")
    version = DeltaTable(lake.path(table)).version()
    with pytest.raises(ValueError, match=r"2024, 12, 17.* not of the slice"):
        lake.replace(table, rows(table, {}, {"session_date": TUESDAY}), [str(MONDAY)])
    assert marks(lake, table) == {FRIDAY: "first"}
    assert DeltaTable(lake.path(table)).version() == version


def products(lake: Lake) -> dict[tuple[object, object], object]:
    found = lake.rows(t.DAILY_REPORT).to_table().to_pylist()
    return {(row["session_date"], row["instrument"]): row["product"] for row in found}


def test_a_slice_is_replaced_for_its_keys_alone(lake: Lake) -> None:
    table, days = t.DAILY_REPORT, (MONDAY, TUESDAY)
    for one in (t.FUTURES, t.OPTIONS):
        both = [{"session_date": day, "instrument": one, "product": "first"} for day in days]
        lake.replace(table, rows(table, *both), [*map(str, days)], instrument=one)
    second = rows(table, {"session_date": MONDAY, "instrument": t.FUTURES, "product": "second"})
    lake.replace(table, second, [str(MONDAY)], instrument=t.FUTURES)
    assert products(lake) == {
        (MONDAY, t.FUTURES): "second",
        (MONDAY, t.OPTIONS): "first",
        (TUESDAY, t.FUTURES): "first",
        (TUESDAY, t.OPTIONS): "first",
    }
    lake.replace(table, second.slice(0, 0), [str(MONDAY)], instrument=t.FUTURES)
    assert (MONDAY, t.FUTURES) not in products(lake)
    assert len(products(lake)) == 3


def test_rows_of_another_slice_are_refused(lake: Lake) -> None:
    other = rows(t.DAILY_REPORT, {"session_date": MONDAY, "instrument": t.OPTIONS})
    with pytest.raises(ValueError, match=r"'Options'.* not of the slice"):
        lake.replace(t.DAILY_REPORT, other, [str(MONDAY)], instrument=t.FUTURES)
    with pytest.raises(ValueError, match=r"sliced by \('instrument',\), not \('feed',\)"):
        lake.replace(t.DAILY_REPORT, other, [str(MONDAY)], feed="ticks")


@BY_LAYOUT
def test_one_replacement_is_one_commit(lake: Lake, table: Table) -> None:
    write(lake, table, list(EVERY), "first")
    version = DeltaTable(lake.path(table)).version()
    write(lake, table, list(EVERY), "first")
    assert marks(lake, table) == dict.fromkeys(EVERY, "first")
    assert DeltaTable(lake.path(table)).version() == version + 1


def test_who_opens_a_table_reads_few_commits(lake: Lake) -> None:
    for commits in range(1, 3 * store.COMMITS_PER_CHECKPOINT):
        lake.replace(t.INDICES, rows(t.INDICES, {}))
        log = Path(lake.path(t.INDICES), "_delta_log")
        last = max((path.name for path in log.glob("*.checkpoint.parquet")), default="0.")
        behind = lake.open(t.INDICES).version() - int(last.partition(".")[0])
        assert behind < store.COMMITS_PER_CHECKPOINT, commits


def test_a_table_without_sessions_is_replaced_whole(lake: Lake) -> None:
    for name in ("one", "other"):
        lake.replace(t.INDICES, rows(t.INDICES, {"index_name": name}))
    assert lake.rows(t.INDICES).to_table()["index_name"].to_pylist() == ["other"]


def test_a_log_grows(lake: Lake) -> None:
    for session in (FRIDAY, MONDAY):
        lake.append(DELIVERIES, rows(DELIVERIES, {"session_date": session}))
    found = lake.rows(DELIVERIES).to_table()["session_date"].to_pylist()
    assert sorted(found) == [FRIDAY, MONDAY]


def test_a_log_of_many_appends_has_few_files(lake: Lake) -> None:
    feeds = [f"feed{number:02}" for number in range(2 * store.TIDIED_EVERY)]
    for feed in feeds:
        lake.append(DELIVERIES, rows(DELIVERIES, {"feed": feed}))
        assert len(lake.open(DELIVERIES).file_uris()) <= store.TIDIED_EVERY
    assert sorted(lake.rows(DELIVERIES).to_table()["feed"].to_pylist()) == feeds
    assert lake.total_rows(DELIVERIES) == len(feeds)


def test_who_loses_a_race_to_put_files_together_has_appended(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(delta: DeltaTable) -> None:
        raise CommitFailedError(delta.table_uri)

    monkeypatch.setattr(store, "TIDIED_EVERY", 1)
    monkeypatch.setattr(ways, "compact", lost)
    lake.append(DELIVERIES, rows(DELIVERIES, {}))
    assert lake.total_rows(DELIVERIES) == 1


@pytest.mark.parametrize(
    "given",
    [
        rows(t.INDICES, {}).append_column("venue", pa.array(["XTAI"])),
        rows(t.INDICES, {}).drop_columns(["market"]),
    ],
    ids=["one too many", "one missing"],
)
def test_other_columns_are_refused(lake: Lake, given: pa.Table) -> None:
    with pytest.raises(ValueError, match="silver/indices has the columns"):
        lake.replace(t.INDICES, given)
    assert not lake.exists(t.INDICES)


@EVERY_TABLE
def test_a_key_is_never_null(lake: Lake, table: Table) -> None:
    for name in table.key:
        with pytest.raises(Exception, match=r"(?i)null|not of the slice"):
            put(lake, table, rows(table, {name: None}))
    assert lake.total_rows(table) == 0


# two writers


@BY_LAYOUT
def test_two_writers_of_different_sessions_both_end(
    lake: Lake, table: Table, tmp_path: Path
) -> None:
    lake.ensure([table])
    writers = [
        waiting(WRITER, lake.root, table.path, session, MARKS[table])
        for session in (MONDAY, TUESDAY)
    ]
    begin(writers)
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert marks(lake, table) == {MONDAY: "7", TUESDAY: "7"}


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("table", [t.INDICES, t.CONTRACTS, t.FUTURES_TRADES], ids=lambda t: t.path)
def test_of_two_replacements_at_once_one_remains(
    lake: Lake, table: Table, monkeypatch: pytest.MonkeyPatch, *, filled: bool
) -> None:
    """The second begins from the same snapshot as the first and is told that it lost."""
    lake.ensure([table])
    if filled:
        lake.replace(table, rows(table, {}), [str(MONDAY)])
    latest, snapshots = lake._ensured, [DeltaTable(lake.path(table))]
    lake.replace(table, rows(table, {}), [str(MONDAY)])
    monkeypatch.setattr(
        lake, "_ensured", lambda table: snapshots.pop() if snapshots else latest(table)
    )
    lake.commit(table, lake.write(table, rows(table, {}), [str(MONDAY)]), [str(MONDAY)])
    assert not snapshots
    assert lake.total_rows(table) == 1


# worlds


def test_a_lake_bears_the_mark_of_its_world(lake: Lake) -> None:
    write(lake, t.TAIFEX_FUTURES, [MONDAY], "first")
    assert (Path(lake.root) / "world").read_text() == "simulated\n"


def test_the_other_world_is_refused(lake: Lake) -> None:
    write(lake, t.TAIFEX_FUTURES, [MONDAY], "first")
    other = Lake(lake.root, "real")
    uses = (
        lambda: write(other, t.TAIFEX_FUTURES, [MONDAY], "second"),
        lambda: other.append(DELIVERIES, rows(DELIVERIES, {})),
        lambda: other.ensure([t.CONTRACTS]),
        lambda: other.rows(t.TAIFEX_FUTURES),
        lambda: other.row_counts(t.TAIFEX_FUTURES, [str(MONDAY)]),
        lambda: other.total_rows(t.TAIFEX_FUTURES),
        lambda: other.sql([t.TAIFEX_FUTURES]).__enter__(),
    )
    for use in uses:
        with pytest.raises(WorldMismatchError, match=r"simulated data .* real world"):
            use()
    assert marks(lake, t.TAIFEX_FUTURES) == {MONDAY: "first"}
    assert not lake.exists(t.CONTRACTS)


# reading


@BY_LAYOUT
def test_a_view_holds_the_sessions_asked_for(lake: Lake, table: Table) -> None:
    write(lake, table, list(EVERY), "first")
    for sessions, count in (([FRIDAY, NEW_YEAR], 2), ([date(2024, 12, 14)], 0), ([], 0), (None, 4)):
        limits = {} if sessions is None else {table.timeline: [*map(str, sessions)]}
        with lake.sql([table], limits) as connection:
            found = connection.execute(f"select count(*) from {table.name}").fetchall()
        assert found == [(count,)]


def test_a_table_that_is_not_there_has_no_rows(lake: Lake) -> None:
    with lake.sql(TABLES.values(), {t.XTAI: [str(MONDAY)]}) as connection:
        for table in TABLES.values():
            assert connection.execute(f"select * from {table.name}").fetchall() == []
    assert not lake.tables()


@BY_LAYOUT
def test_rows_are_counted_by_session(lake: Lake, table: Table) -> None:
    assert lake.row_counts(table, [str(MONDAY)]) == {str(MONDAY): 0}
    lake.ensure([table])
    assert lake.row_counts(table, [str(MONDAY)]) == {str(MONDAY): 0}
    write(lake, table, list(EVERY), "first")
    write(lake, table, [FRIDAY], "second")
    assert lake.row_counts(table, [str(FRIDAY), str(MONDAY), "2024-12-14"]) == {
        str(FRIDAY): 1,
        str(MONDAY): 1,
        "2024-12-14": 0,
    }
    assert lake.total_rows(table) == len(EVERY)


@pytest.mark.parametrize("partitioned", ["key", "year"])
def test_documents_are_told_by_session(lake: Lake, partitioned: Partitioned) -> None:
    table = replace(t.TAIFEX_FUTURES, partitioned=partitioned)
    assert lake.documents(table, [str(MONDAY)]) == {str(MONDAY): set()}
    digests = {day: f"{number:064x}" for number, day in enumerate(EVERY)}
    changes = [{"session_date": day, "document": digest} for day, digest in digests.items()]
    lake.replace(table, rows(table, *changes), [*map(str, EVERY)])
    lake.open(table).optimize.compact()
    assert lake.documents(table, [str(FRIDAY), str(MONDAY)]) == {
        str(FRIDAY): {digests[FRIDAY]},
        str(MONDAY): {digests[MONDAY]},
    }
    assert lake.documents(table, []) == {}


@pytest.mark.parametrize("made", ["now", "before there was a setting"])
@pytest.mark.parametrize(
    "table",
    [t for t in TABLES.values() if t.layer == "bronze" and "document" in t.column_names],
    ids=lambda table: table.name,
)
def test_every_table_of_documents_tells_them_however_wide_it_is(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, table: Table, made: str
) -> None:
    """Delta reads extremes of 32 columns unless it is told otherwise, and this one comes last."""
    if made != "now":
        monkeypatch.setattr(store, "_statistics", lambda _: {})
    digest = "f" * 64
    [row] = rows(table, {"document": digest}).to_pylist()
    key = table.timeline.key_of(row[table.key_column])
    lake.replace(table, rows(table, {"document": digest}), [key])
    assert lake.documents(table, [key]) == {key: {digest}}
    listed = pa.table(lake.open(table).get_add_actions(flatten=True)).column_names
    if made == "now" and not table.derived_partition:
        assert "min.document" in listed


@BY_LAYOUT
def test_files_of_other_keys_are_not_read(lake: Lake, table: Table) -> None:
    for session in EVERY:
        write(lake, table, [session], "mark")
    for keys in ([FRIDAY], [FRIDAY, NEW_YEAR], [date(2024, 12, 1)], []):
        of_keys = lake.rows(table, [*map(str, keys)])
        assert len(list(of_keys.get_fragments())) == len({*keys} & {*EVERY})
        assert {*keys} & {*EVERY} <= {*of_keys.to_table()["session_date"].to_pylist()}


# every table of the catalogue


@EVERY_TABLE
def test_a_row_comes_back_as_it_went(lake: Lake, table: Table) -> None:
    given = rows(table, {})
    put(lake, table, given)
    found = lake.rows(table).to_table().select(table.column_names)
    assert found.schema.names == arrow_schema(table).names
    assert found.to_pylist() == given.to_pylist()
    assert lake.tables() == [table]


UNWANTED = {"deletionVectors", "columnMapping", "v2Checkpoint"}


@EVERY_TABLE
def test_no_table_needs_features_that_readers_do_not_have(lake: Lake, table: Table) -> None:
    """Readers such as pyarrow refuse, or misread, tables with newer features."""
    put(lake, table, rows(table, {}))
    protocol = DeltaTable(lake.path(table)).protocol()
    assert protocol.min_reader_version == 1
    assert protocol.min_writer_version == 2
    assert not {*(protocol.reader_features or ()), *(protocol.writer_features or ())} & UNWANTED


@EVERY_TABLE
def test_files_lie_as_declared(lake: Lake, table: Table) -> None:
    put(lake, table, rows(table, {}))
    assert DeltaTable(lake.path(table)).metadata().partition_columns == list(
        table.partition_columns
    )


def test_every_table_has_its_good_row() -> None:
    assert set(GOOD) == set(TABLES)


# kills and rivals


def test_a_table_whose_creation_was_killed_is_created(lake: Lake) -> None:
    """The folder of its log is there, and its first commit is not."""
    log = Path(lake.path(t.CONTRACTS), "_delta_log")
    log.mkdir(parents=True)
    (log / f"{0:020}.json.tmp").write_text("{")
    assert not lake.exists(t.CONTRACTS)
    assert lake.total_rows(t.CONTRACTS) == 0
    write(lake, t.CONTRACTS, [MONDAY], "first")
    assert marks(lake, t.CONTRACTS) == {MONDAY: "first"}


def test_a_mark_whose_writing_was_killed_is_no_mark(lake: Lake) -> None:
    Path(lake.root).mkdir()
    Path(lake.root, ".world-killed").write_text("re")
    lake.ensure([t.CONTRACTS])
    assert Path(lake.root, "world").read_text() == "simulated\n"
    with pytest.raises(WorldMismatchError):
        Lake(lake.root, "real").ensure([t.CONTRACTS])


RIVAL = """
import sys
from datetime import date
from support.good_rows import rows
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
from indextracker_catalogue.model import Partitioned
from indextracker_catalogue.shared.deliveries import DELIVERIES
sys.stdin.readline()
for number in range(6):
    lake = Lake(f"{sys.argv[1]}/{number}", "simulated")
    lake.ensure(TABLES.values())
    lake.append(DELIVERIES, rows(DELIVERIES, {"feed": sys.argv[2]}))
"""


def test_rivals_create_and_append_side_by_side(tmp_path: Path) -> None:
    rivals = [waiting(RIVAL, tmp_path, rival) for rival in range(3)]
    begin(rivals)
    for rival in rivals:
        rival.communicate(timeout=120)
    assert [rival.returncode for rival in rivals] == [0, 0, 0]
    for number in range(6):
        lake = Lake(str(tmp_path / str(number)), "simulated")
        assert lake.tables() == list(TABLES.values())
        feeds = lake.rows(DELIVERIES).to_table()["feed"].to_pylist()
        assert sorted(feeds) == ["0", "1", "2"]


def test_a_table_with_a_damaged_log_is_named(lake: Lake) -> None:
    lake.ensure([DELIVERIES])
    commit = Path(lake.root, DELIVERIES.path, "_delta_log", f"{0:020}.json")
    commit.write_text('{"metaData": {broken\n')
    with pytest.raises(TableUnreadableError, match=r"^bronze/deliveries cannot be opened \(.*copy"):
        lake.open(DELIVERIES)
