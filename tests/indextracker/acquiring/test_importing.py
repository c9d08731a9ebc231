"""Documents that people import: kept once, killed at any instant, several of one session."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from indextracker.acquiring import importing
from indextracker.acquiring.importing import Imported, import_document
from indextracker.building.filling import fill
from indextracker.building.jobs import JOBS
from indextracker.building.needs import needs_of
from indextracker.building.staleness import stale
from indextracker.lake import Lake
from indextracker.system.documents import Document
from indextracker_catalogue import SUBJECTS, TABLES

NOW = datetime(2026, 1, 5, tzinfo=UTC)
START = "2020-01-02"
HEADER = "Symbol,Series,Date,Open,High,Low,Close,Volume\n"
SHEETS = TABLES["bronze/nse_price_sheets"]
DAILY = TABLES["silver/equities_daily"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "real")


def sheet(symbol: str, *days: str) -> Document:
    lines = [f"{symbol},EQ,{day},10,12,9,11,100\n" for day in days]
    return Document.of(f"{symbol}.csv", f"{HEADER}{''.join(lines)}".encode())


def imported(lake: Lake, document: Document) -> Imported:
    return import_document(lake, document, START, NOW)


def logged(lake: Lake) -> list[tuple[str, str, str | None]]:
    with lake.sql([TABLES["bronze/deliveries"]]) as connection:
        query = "select feed, state, url from deliveries order by url, feed"
        return connection.execute(query).fetchall()


def versions(lake: Lake) -> list[int]:
    return [lake.open(TABLES[path]).version() for path in ("bronze/deliveries", SHEETS.path)]


def rows(lake: Lake, table: str = SHEETS.path) -> list[tuple[str, str]]:
    with lake.sql([TABLES[table]]) as connection:
        query = f"select session_date::text, symbol from {table.split('/')[1]} order by all"
        return connection.execute(query).fetchall()


def test_importing_a_file_twice_changes_nothing(lake: Lake) -> None:
    document = sheet("ALFA", "2020-01-09", "2020-01-10")
    first = imported(lake, document)
    assert (first.table, first.keys, first.lines) == (SHEETS, ("2020-01-09", "2020-01-10"), 2)
    assert first.is_new
    before = versions(lake)
    again = imported(lake, document)
    assert not again.is_new
    assert versions(lake) == before
    assert lake.landing.get(document.sha256).read() == document.read()
    assert logged(lake) == [("nse_price_sheets", "accepted", "import:ALFA.csv")]


def test_several_files_of_one_session_stand_side_by_side(lake: Lake) -> None:
    for symbol in ("ALFA", "BETA", "ALFA"):
        imported(lake, sheet(symbol, "2020-01-09", "2020-01-10"))
    imported(lake, sheet("GAMMA", "2020-01-10"))
    keys = ["2020-01-09", "2020-01-10"]
    assert [symbol for _, symbol in rows(lake)] == ["ALFA", "BETA", "ALFA", "BETA", "GAMMA"]
    assert [key for key, _ in rows(lake)] == [keys[0]] * 2 + [keys[1]] * 3
    needs = needs_of(SUBJECTS["india"], ["silver"])
    assert list(stale(lake, needs)[DAILY.path]) == keys
    job = JOBS[DAILY.path]
    lake.ensure([job.writes, *job.reads])
    fill(lake, job, keys)  # type: ignore[arg-type]  # it is one that reads lines
    assert rows(lake, DAILY.path) == rows(lake)


def closes(lake: Lake) -> list[tuple[str, float, str]]:
    """What is built of all spreadsheets: symbols with their closes, and the files they are of."""
    keys = ["2020-01-09"]
    for path in (DAILY.path, "silver/nse_rejects", "silver/equity_disagreements"):
        job = JOBS[path]
        lake.ensure([job.writes, *job.reads])
        fill(lake, job, keys)  # type: ignore[arg-type]  # it is one that reads lines
    with lake.sql([DAILY]) as connection:
        query = "select symbol, close, source_formats from equities_daily order by symbol"
        return connection.execute(query).fetchall()


def rejected(lake: Lake) -> list[tuple[str, str]]:
    with lake.sql([TABLES["silver/nse_rejects"]]) as connection:
        return connection.execute("select document, reason from nse_rejects").fetchall()


@pytest.mark.parametrize("newest", [11.5, 10.5])
def test_of_two_files_with_one_security_and_session_the_newest_import_counts(
    lake: Lake, newest: float
) -> None:
    """In either order; the digests of the two do not decide."""
    documents = [
        Document.of(f"{close}.csv", f"{HEADER}ALFA,EQ,2020-01-09,10,12,9,{close},100\n".encode())
        for close in (22 - newest, newest)
    ]
    for hour, document in enumerate(documents):
        assert import_document(lake, document, START, NOW + timedelta(hours=hour)).is_new
    assert closes(lake) == [("ALFA", newest, "sheet")]
    [(document, reason)] = rejected(lake)
    assert document == documents[0].sha256
    assert reason.startswith("a newer import, or a line before, has other figures")


def test_of_two_files_that_say_the_same_none_is_a_reject(lake: Lake) -> None:
    """Though one writes its numbers otherwise, and has more lines."""
    imported(lake, sheet("ALFA", "2020-01-09", "2020-01-10"))
    other = f"{HEADER}ALFA,EQ,2020-01-09,10.00,12.0,9,11,100.0\nBETA,EQ,2020-01-09,1,1,1,1,1\n"
    imported(lake, Document.of("other.csv", other.encode()))
    assert closes(lake) == [("ALFA", 11.0, "sheet"), ("BETA", 1.0, "sheet")]
    assert rejected(lake) == []


@pytest.mark.parametrize("point", ["import-landed", "import-written"])
def test_killed_at_any_instant_and_run_again(
    lake: Lake, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == point:
            raise Killed

    document = sheet("ALFA", "2020-01-09")
    with monkeypatch.context() as patched:
        patched.setattr(importing, "failpoint", kill)
        with pytest.raises(Killed):
            imported(lake, document)
    assert logged(lake) == []
    assert imported(lake, document).is_new == (point == "import-landed")
    assert len(logged(lake)) == len(rows(lake)) == 1


def test_what_is_refused_is_kept_and_logged_once_with_its_reason(lake: Lake) -> None:
    ambiguous = Document.of("p.csv", f"{HEADER}ALFA,EQ,09/01/2020,1,1,1,1,1\n".encode())
    for _ in range(2):
        found = imported(lake, ambiguous)
        assert found.refusal is not None
        assert "09/01/2020 can be" in found.refusal.reason
    assert logged(lake) == [("import", "refused", "import:p.csv")]
    assert lake.landing.get(ambiguous.sha256).read() == ambiguous.read()
    assert not lake.exists(SHEETS)


def test_what_lies_before_the_first_partition_is_refused(lake: Lake) -> None:
    found = imported(lake, sheet("ALFA", "2019-12-31", "2020-01-09"))
    assert found.refusal is not None
    assert "set INDEXTRACKER_START=2019-12-31" in found.refusal.reason


def test_a_list_of_actions_makes_their_sessions_stale(lake: Lake) -> None:
    entry = {"symbol": "ALFA", "series": "EQ", "subject": "Bonus 1:1", "exDate": "10-Jan-2020"}
    document = Document.of("actions.json", json.dumps([entry]).encode())
    assert imported(lake, document).keys == ("2020-01-10",)
    needs = needs_of(SUBJECTS["india"], ["silver"])
    assert list(stale(lake, needs)["silver/corporate_actions"]) == ["2020-01-10"]
    job = JOBS["silver/corporate_actions"]
    lake.ensure([job.writes, *job.reads])
    fill(lake, job, ["2020-01-10"])  # type: ignore[arg-type]  # it is one that reads lines
    with lake.sql([job.writes]) as connection:
        query = "select session_date, kind, ratio, document from corporate_actions"
        found = connection.execute(query).fetchall()
    assert found == [(date(2020, 1, 10), "bonus", 1.0, document.sha256)]
