"""A folder is a collection: loaded once, kept up to date, killed at any moment and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indextracker.files import confirm, confirmed_in, detect, grouped, loading, workers, write
from indextracker.files.judging import oddities
from indextracker.files.loading import Loaded, load
from indextracker.lake import Lake, checks
from indextracker_catalogue.files import FILE_DOCUMENTS, FILE_PRICES, FILE_REJECTS

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
HEADER = "Date,Open,High,Low,Close,Volume\n"


def bars(first: int = 11, last: int = 28, close: float = 11.5) -> str:
    return HEADER + "".join(
        f"2021-03-{day},10.5,12.5,9.5,{close},{day}00\n" for day in range(first, last + 1)
    )


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads do what processes do, and start at once; processes work in tests/cli."""
    made: Callable[[int], Executor] = ThreadPoolExecutor
    monkeypatch.setattr(loading, "pool", made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "prices"
    made.mkdir()
    (made / "AAA.csv").write_text(bars())
    (made / "BBB.csv").write_text(bars(close=11.75))
    layouts = grouped([*detect(made)])
    for path in write(layouts, made / "layouts"):
        # Each price is that of the day before, those of Saturdays too.
        confirm(path, {"weekends": "yes"})
    return made


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def loaded(lake: Lake, folder: Path, **more: Any) -> Loaded:
    return load(
        lake,
        folder,
        "mine",
        confirmed_in(folder / "layouts"),
        zone="UTC",
        now=lambda: NOW,
        besides=folder / "layouts",
        **more,
    )


def closes(lake: Lake) -> dict[str, dict[float, int]]:
    """How often each close is there, by file."""
    with lake.sql([FILE_PRICES]) as connection:
        rows = connection.execute(
            "select file, close, count(*) from file_prices group by all order by all"
        ).fetchall()
    found: dict[str, dict[float, int]] = {}
    for file, close, count in rows:
        found.setdefault(file, {})[close] = count
    return found


BOTH = {"AAA.csv": {11.5: 18}, "BBB.csv": {11.75: 18}}


def test_a_second_load_reads_nothing_and_commits_nothing(lake: Lake, folder: Path) -> None:
    first = loaded(lake, folder)
    assert sorted(first.done) == ["AAA.csv", "BBB.csv"]
    assert closes(lake) == BOTH
    tables = (FILE_PRICES, FILE_REJECTS, FILE_DOCUMENTS)
    versions = [lake.open(table).version() for table in tables]
    assert loaded(lake, folder).done == []
    assert [lake.open(table).version() for table in tables] == versions


def test_files_of_one_batch_are_one_commit_and_one_file(lake: Lake, folder: Path) -> None:
    loaded(lake, folder)
    assert lake.open(FILE_PRICES).version() == 1
    assert len(lake.open(FILE_PRICES).file_uris()) == 1
    assert not [*Path(lake.root).glob(".files-*")]


def test_a_changed_file_takes_the_place_of_what_it_was(lake: Lake, folder: Path) -> None:
    loaded(lake, folder)
    (folder / "AAA.csv").write_text(bars(last=29, close=12))
    assert loaded(lake, folder).done == ["AAA.csv"]
    assert closes(lake) == {"AAA.csv": {12.0: 19}, "BBB.csv": {11.75: 18}}
    assert lake.open(FILE_PRICES).version() == 2


def test_a_changed_file_that_is_refused_keeps_what_it_was(lake: Lake, folder: Path) -> None:
    loaded(lake, folder)
    (folder / "AAA.csv").write_text("<html></html>")
    found = loaded(lake, folder)
    assert found.broken == {
        "AAA.csv": "it is a page of HTML, no table, whatever its name: save it as CSV"
    }
    assert "it has changed since" in str(found.files["AAA.csv"].reason)
    assert closes(lake) == BOTH


def test_rows_of_a_file_that_is_gone_stay_until_they_are_to_go(lake: Lake, folder: Path) -> None:
    loaded(lake, folder)
    kept = (folder / "AAA.csv").read_bytes()
    (folder / "AAA.csv").unlink()
    found = loaded(lake, folder)
    assert [one.file for one in found.in_state("gone")] == ["AAA.csv"]
    assert closes(lake) == BOTH
    (folder / "AAA.csv").write_bytes(kept)
    assert [one.file for one in loaded(lake, folder).in_state("gone")] == []
    (folder / "AAA.csv").unlink()
    assert list(loaded(lake, folder, forget=True).files) == ["BBB.csv"]
    assert closes(lake) == {"BBB.csv": {11.75: 18}}


def test_a_copy_is_told_and_not_loaded_twice(lake: Lake, folder: Path) -> None:
    (folder / "copy.csv").write_bytes((folder / "AAA.csv").read_bytes())
    found = loaded(lake, folder)
    [copy] = found.in_state("copy")
    assert (copy.file, copy.reason) == ("copy.csv", "the same bytes as AAA.csv")
    assert closes(lake) == BOTH


def test_what_fits_no_layout_is_refused_with_a_reason(lake: Lake, folder: Path) -> None:
    (folder / "notes.txt").write_text("Buy low.\nSell high.\n")
    found = loaded(lake, folder)
    [refused] = found.in_state("refused")
    assert refused.file == "notes.txt"
    assert "no column holds dates" in str(refused.reason)
    assert closes(lake) == BOTH
    warned = {
        one.rule.name for one in checks.examine(lake, FILE_DOCUMENTS, ["mine"]) if one.bad_rows
    }
    assert warned == {"file_is_loaded"}


def test_a_link_out_of_the_folder_is_no_file_of_it(
    lake: Lake, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text(bars(close=99))
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert sorted(loaded(lake, folder).files) == ["AAA.csv", "BBB.csv"]


def test_lines_that_cannot_be_read_are_rejects(lake: Lake, folder: Path) -> None:
    text = bars().replace("2021-03-13", "13th of March").replace("2021-03-15", "Ides")
    (folder / "AAA.csv").write_text(text)
    found = loaded(lake, folder)
    assert found.files["AAA.csv"].rejected == 2
    with lake.sql([FILE_REJECTS]) as connection:
        rows = connection.execute("select file, line, text from file_rejects order by 2").fetchall()
    assert rows == [
        ("AAA.csv", 4, "13th of March,10.5,12.5,9.5,11.5,1300"),
        ("AAA.csv", 6, "Ides,10.5,12.5,9.5,11.5,1500"),
    ]
    (folder / "AAA.csv").write_text(bars())
    loaded(lake, folder)
    assert lake.total_rows(FILE_REJECTS) == 0


def test_rows_are_never_there_of_a_file_that_the_list_does_not_know(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_FILES", 1)
    known: list[bool] = []

    def at(name: str) -> None:
        if name == "files-prices":
            with lake.sql([FILE_PRICES]) as connection:
                rows = connection.execute("select distinct document from file_prices").fetchall()
            listed = {one.document for one in loading.kept(lake, "mine").values()}
            known.append({document for (document,) in rows} <= listed)

    monkeypatch.setattr(loading, "failpoint", at)
    loaded(lake, folder)
    assert known == [True, True]


def test_large_files_of_a_batch_are_one_commit_and_are_not_written_twice(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SMALL_BYTES", 1)
    loaded(lake, folder)
    assert lake.open(FILE_PRICES).version() == 1
    assert len(lake.open(FILE_PRICES).file_uris()) == 2
    assert closes(lake) == BOTH


def test_collections_are_apart(lake: Lake, folder: Path) -> None:
    loaded(lake, folder)
    layouts = confirmed_in(folder / "layouts")
    load(lake, folder, "yours", layouts, zone="UTC", now=lambda: NOW, besides=folder / "layouts")
    assert lake.row_counts(FILE_PRICES, ["mine", "yours"]) == {"mine": 36, "yours": 36}
    with pytest.raises(ValueError, match="is no name of a collection"):
        load(lake, folder, "../mine", layouts, zone="UTC", now=lambda: NOW)


class Killed(BaseException):
    """Stands for a power cut."""


POINTS = ("files-begun", "files-converted", "files-rejects", "files-prices", "files-documents")


@pytest.mark.parametrize("kind", ["new", "changed", "new, a batch each"])
@pytest.mark.parametrize("point", POINTS)
def test_a_load_that_ends_anywhere_is_gone_on_with(
    lake: Lake, folder: Path, monkeypatch: pytest.MonkeyPatch, point: str, kind: str
) -> None:
    if kind == "new, a batch each":
        monkeypatch.setattr(loading, "BATCH_FILES", 1)
    if kind == "changed":
        (folder / "AAA.csv").write_text(bars(close=1).replace("2021-03-13", "13th of March"))
        loaded(lake, folder)
        (folder / "AAA.csv").write_text(bars())

    def at(name: str) -> None:
        if name == point:
            raise Killed

    with monkeypatch.context() as cut:
        cut.setattr(loading, "failpoint", at)
        with pytest.raises(Killed):
            loaded(lake, folder)
    found = closes(lake)
    halves = [{name: rows} for name, rows in BOTH.items()]
    assert found in (BOTH, {}, {"AAA.csv": {1.0: 17}, "BBB.csv": {11.75: 18}}, *halves)
    again = loaded(lake, folder)
    assert {one.state for one in again.files.values()} == {"loaded"}
    assert {one.rows for one in again.files.values()} == {18}
    assert closes(lake) == BOTH
    assert lake.total_rows(FILE_REJECTS) == 0


@pytest.fixture
def odd(lake: Lake, folder: Path) -> Iterator[dict[str, tuple[int, str]]]:
    lines = bars().splitlines()
    lines[3] = "2021-03-13,10.5,9.0,9.5,9.2,1300"
    lines[5] = "2021-03-15,10,12,-40.1,-36.98,1500"
    lines[7] = "2021-03-17,0,0,0,0,0"
    lines[9], lines[10] = lines[10], lines[9]
    lines.append(lines[-1])
    (folder / "AAA.csv").write_text("\n".join([*lines, "2021-06-01,10.5,12.5,9.5,11.5,1"]) + "\n")
    spliced = bars(first=11, last=19) + bars(first=20, last=28, close=230).removeprefix(HEADER)
    (folder / "BBB.csv").write_text(spliced)
    loaded(lake, folder)
    yield {one.what: (one.rows, one.example) for one in oddities(lake, "mine")}


def test_what_is_odd_is_told_with_the_file_and_the_line(odd: dict[str, tuple[int, str]]) -> None:
    assert odd == {
        "rows with a time that the instrument has already": (1, "AAA.csv:20"),
        "rows that do not follow in the order of their file": (2, "AAA.csv:11"),
        "gaps of more than 10 days": (1, "AAA.csv:21"),
        "rows whose high is below their low": (1, "AAA.csv:4"),
        "prices of zero": (1, "AAA.csv:8"),
        "negative prices": (1, "AAA.csv:6"),
        "jumps to another level, as where another instrument follows": (1, "BBB.csv:11"),
    }
