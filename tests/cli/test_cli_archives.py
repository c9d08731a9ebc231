"""Backfills from an archive: all of its sessions, and documents that were corrected later."""

from __future__ import annotations

import json
import signal
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from support import nse_files as files
from support.homes import Home

ONE_FEED = ("--feeds", "finmind_trades", "--to-layer", "silver")
NAME = "TaiwanStockPriceTick_006204_2020-01-02.json"


def vendors(folder: Path, *lots: int) -> str:
    """An archive with one document of trades of the ETF, a trade of so many lots each."""
    trades = [
        {
            "date": "2020-01-02",
            "stock_id": "006204",
            "deal_price": 70.5,
            "volume": volume,
            "Time": f"09:00:{second:02}.000",
            "TickType": 1,
        }
        for second, volume in enumerate(lots, 1)
    ]
    folder.mkdir()
    answer = {"msg": "success", "status": 200, "data": trades}
    (folder / NAME).write_text(json.dumps(answer))
    return f"archive:{folder}"


def test_a_corrected_document_is_told_of_and_taken_when_asked_for_again(
    new_home: Callable[..., Home], tmp_path: Path
) -> None:
    before, after = vendors(tmp_path / "before", 1, 2, 2, 3), vendors(tmp_path / "after", 1, 2, 3)
    home = new_home(before)

    def backfill(source: str, *options: str) -> list[dict[str, Any]]:
        command = ("backfill", "taiwan", "--all", *ONE_FEED, "--json", *options)
        done = home.run(*command, INDEXTRACKER_SOURCE=source)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert list(report["sessions"]) == ["2020-01-02"]
        found: list[dict[str, Any]] = report.get("remarks", [])
        return found

    def shares() -> int:
        return sum(
            DeltaTable(home.lake / "silver/etf_trades").to_pyarrow_table()["shares"].to_pylist()
        )

    assert backfill(before) == []
    [told] = backfill(after)
    assert (told["kind"], shares()) == ("differs", 8_000)
    assert told["text"].endswith("use --again to take it")
    [taken] = backfill(after, "--again")
    assert (taken["kind"], shares()) == ("replaced", 6_000)
    assert (taken["sha256"], taken["accepted_sha256"]) == (told["sha256"], told["accepted_sha256"])


def test_all_of_an_archive_that_is_none_or_starts_earlier(
    new_home: Callable[..., Home], tmp_path: Path
) -> None:
    home = new_home(vendors(tmp_path / "archive", 1))
    command = ("backfill", "taiwan", "--all", *ONE_FEED)
    said = home.run(*command, INDEXTRACKER_START="2020-01-03")
    assert said.returncode == 1
    assert (
        "archive:archive has files of 1 session before 2020-01-03, where partitions begin: set "
        "INDEXTRACKER_START=2020-01-02 to reach them"
    ) in said.stderr
    said = home.run(*command, INDEXTRACKER_SOURCE="simulated")
    assert said.returncode == 1
    assert "--all is for archives, and the source is simulated" in said.stderr
    said = home.run(*command, "--from", "2020-01-02")
    assert said.returncode == 1
    assert "leave --from and --to out" in said.stderr


def test_years_in_zips_are_loaded_by_one_command(
    new_home: Callable[..., Home], tmp_path: Path
) -> None:
    """Each row of a zip of daily files, and of a zip in it, is in silver or a reject."""
    days = [date(2020, 1, day) for day in (9, 10, 13)]
    names = [f"cm{day:%d}JAN2020bhav.csv" for day in days]
    bodies = [
        files.text(
            files.LEGACY_HEADER,
            *(
                files.legacy_line(symbol, "EQ", day, isin=f"INE00{n}A01010")
                for n, symbol in enumerate(("ALFA", "BETA"))
            ),
            files.legacy_line("GAMMA", "EQ", day, close="none"),
        )
        for day in days
    ]
    folder = tmp_path / "years"
    folder.mkdir()
    with zipfile.ZipFile(folder / "2020.zip", "w") as year:
        year.writestr(names[0], bodies[0])
        year.writestr(
            "more.zip", files.zipped(f"{names[1]}.zip", files.zipped(names[1], bodies[1]))
        )
    (folder / names[2]).write_bytes(bodies[2])
    home = new_home()
    feeds = ("--feeds", "nse_legacy_bhavcopy", "--to-layer", "silver")
    done = home.run("backfill", "india", "--archive", str(folder), *feeds, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report["sessions"]) == [str(day) for day in days]
    assert report["tables"]["bronze/nse_legacy_bhavcopy"] == 9
    assert report["tables"]["silver/equities_daily"] == 6
    assert [(one["session"], one["lines"]) for one in report["rejects"]] == [
        (str(day), 1) for day in days
    ]
    sheet = "Symbol,Series,Date,Open,High,Low,Close,Volume\nDELTA,EQ,2020-01-10,1,2,1,2,50\n"
    new, killed = tmp_path / "new.csv", tmp_path / "prices.csv"
    killed.write_text(sheet)
    new.write_text(sheet.replace("DELTA", "ECHO"))
    world = {"INDEXTRACKER_SOURCE": f"archive:{folder}"}
    to_silver = ("--to-layer", "silver")
    # With its lines in bronze, and neither in the log nor in what is made of them.
    done = home.run(
        "import", str(killed), *to_silver, INDEXTRACKER_FAILPOINT="import-written", **world
    )
    assert done.returncode == -signal.SIGKILL
    for said in ("into bronze/nse_price_sheets", "new.csv: 1 line of 1 session, imported before"):
        done = home.run("import", str(killed), str(new), *to_silver, **world)
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr
        assert "prices.csv: 1 line of 1 session, imported before" in done.stdout
        daily = DeltaTable(home.lake / "silver/equities_daily")
        assert daily.to_pyarrow_dataset().count_rows() == 8
    answers = DeltaTable(home.lake / "bronze/deliveries").to_pyarrow_dataset().to_table()
    assert answers["feed"].to_pylist().count("nse_price_sheets") == 2
    (tmp_path / "wrong.csv").write_text(sheet.replace("2020-01-10", "01/02/2020"))
    done = home.run("import", str(tmp_path / "wrong.csv"), **world)
    assert done.returncode == 1
    assert "01/02/2020 can be" in done.stderr
