"""Backfills from an archive: all of its sessions, and documents that were corrected later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
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
