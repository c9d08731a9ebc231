"""What a backfill says at its end: in few lines for people, whole as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indextracker.acquiring.deliveries import Delivery
from indextracker.building.reports import Rejected, Report, Warned
from indextracker.settings import Settings
from indextracker_cli import reporting

DAYS = [f"2024-12-{day:02}" for day in (9, 10, 11, 12, 13, 16)]


def answer(state: str, reason: str | None = None) -> Delivery:
    return Delivery("feed", str(DAYS[0]), state, datetime(2025, 1, 1, tzinfo=UTC), reason)


THERE = answer("accepted")


def gone(day: str) -> Delivery:
    return answer("missing", f"the archive holds no Daily_{day.replace('-', '_')}.zip")


def found(**more: Any) -> Report:
    """All sessions without futures, that of the 11th alone without an index."""
    sessions = {
        day: {"taifex_futures": gone(day), "taifex_options": THERE, "twse_index": THERE}
        for day in DAYS
    }
    sessions[DAYS[2]] |= {"taifex_futures": THERE, "twse_index": answer("blocked", "403")}
    return Report(sessions, **more)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[[Report], list[str]]:
    settings = Settings(lake=str(tmp_path / "lake"), warehouse=str(tmp_path / "w.duckdb"))

    def shown(report: Report) -> list[str]:
        reporting.show({"taiwan": report}, settings)
        return capsys.readouterr().out.splitlines()

    return shown


def test_what_is_missing_is_a_line_for_each_reason(lines: Callable[[Report], list[str]]) -> None:
    told = lines(found())
    where = "taifex_futures 2024-12-09 to 12-10, 12-12 to 12-16"
    assert told[-3:] == [
        "6 documents of 6 sessions are missing:",
        f"  missing: 5, {where}: the archive holds no Daily_2024_12_16.zip",
        "  blocked: 1, twse_index 2024-12-11: 403",
    ]


def test_warnings_are_counted_by_check(lines: Callable[[Report], list[str]]) -> None:
    of = {"table": "silver/contracts", "check": "product_known", "meaning": "Terms are known."}
    warnings = [
        Warned(**of, bad_rows=50, sessions=(DAYS[0], DAYS[1])),
        Warned(**of, bad_rows=3, sessions=(DAYS[4],)),
        # Told by the list of rejects.
        Warned("silver/rejects", "no_rejects", "Every line can be read.", 2, (DAYS[0],)),
    ]
    told = lines(Report({day: {"taifex_futures": THERE} for day in DAYS}, warnings=warnings))
    assert told[-2].startswith("1 warning; `indextracker ui` shows")
    assert told[-1] == (
        "  silver/contracts product_known: 53 rows of 3 sessions, 2024-12-09 to 2024-12-13; "
        "should hold: Terms are known."
    )


def test_lines_that_cannot_be_read_are_told_last(lines: Callable[[Report], list[str]]) -> None:
    rejects = [
        Rejected(DAYS[0], "taifex_futures", 1, "line 5: unreadable time: '84x'"),
        Rejected(DAYS[1], "taifex_futures", 2, "line 7: unreadable price: 'abc'"),
    ]
    told = lines(Report({day: {"taifex_futures": THERE} for day in DAYS}, rejects=rejects))
    assert told[-2].startswith("3 lines of 2 documents could not be read")
    assert "silver.rejects" in told[-2]
    assert told[-1] == (
        "  taifex_futures of 2 sessions, 2024-12-09 to 2024-12-10: 3 lines, such as 2024-12-09 "
        "line 5: unreadable time: '84x'"
    )


def test_long_lists_are_cut(lines: Callable[[Report], list[str]]) -> None:
    warnings = [Warned("silver/x", f"check_{n}", "Holds.", 1) for n in range(40)]
    told = lines(Report(warnings=warnings))
    assert len(told) == 2 + reporting.LINES_SHOWN
    assert told[-1] == "  and 20 more warnings: --json lists them"


def test_tables_without_rows_are_one_line(lines: Callable[[Report], list[str]]) -> None:
    told = lines(Report({DAYS[0]: {}}, tables={"silver/a": 3, "silver/b": 0, "silver/c": 0}))
    assert not any("silver/b" in line for line in told if "silver/a" in line)
    assert "without rows of these sessions: silver/b, silver/c" in told
    assert lines(Report(tables={"silver/b": 0})) == ["without rows of these sessions: silver/b"]


def test_json_keeps_everything() -> None:
    report = found(
        warnings=[Warned("silver/a", "c", "Holds.", 2, (DAYS[0],))],
        rejects=[Rejected(DAYS[0], "twse_index", 1, "line 5: why")],
    )
    told = json.loads(reporting.as_json({"taiwan": report}))
    assert set(told) == {"sessions", "tables", "seconds", "warnings", "rejects"}
    assert len(told["sessions"]) == 6
    assert told["warnings"] == [
        {
            "table": "silver/a",
            "check": "c",
            "meaning": "Holds.",
            "bad_rows": 2,
            "sessions": ["2024-12-09"],
        }
    ]
    assert told["rejects"] == [
        {"session": "2024-12-09", "feed": "twse_index", "lines": 1, "first": "line 5: why"}
    ]


def test_of_several_subjects_each_is_told_under_its_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(lake=str(tmp_path / "lake"), warehouse=str(tmp_path / "w.duckdb"))
    broken = Report(failures=["gold/equity_returns: it broke"], seconds={"bronze": 1.0})
    good = Report({DAYS[0]: {"taifex_futures": THERE}}, {"gold/etf_bars": 3}, {"marts": 2.0})
    reporting.show({"taiwan": good, "india": broken, "news": found()}, settings)
    told = capsys.readouterr()
    assert told.err == "failed: gold/equity_returns: it broke\n"
    headings = [line for line in told.out.splitlines() if line.startswith(("taiwan:", "india:"))]
    assert headings == [
        "taiwan: TAIEX and its derivatives",
        "india: India's National Stock Exchange, end of day",
    ]
    assert told.out.count("\nwarehouse:") == 1
    assert told.out.index("\nwarehouse:") < told.out.index("\nnews:\n6 documents of 6 sessions")
    subjects = json.loads(reporting.as_json({"taiwan": good, "india": broken}))["subjects"]
    assert subjects["taiwan"]["tables"] == {"gold/etf_bars": 3}
    assert subjects["india"]["failures"] == ["gold/equity_returns: it broke"]


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        ([Report(), found(), Report(failures=["it broke"])], 1),
        ([Report(), found()], 2),
        ([Report(), Report()], 0),
    ],
    ids=["one broke", "of one a document is missing", "all is there"],
)
def test_the_exit_code_is_that_of_the_subject_that_fared_worst(
    reports: list[Report], code: int
) -> None:
    assert reporting.exit_code({str(n): one for n, one in enumerate(reports)}) == code
