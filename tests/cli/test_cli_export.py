"""The commands `export` and `chart`: files of what the reader gives, whole or not there."""

from __future__ import annotations

import csv
import json
import struct
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from support.good_rows import Row, rows

from indextracker.acquiring.deliveries import Delivery, record
from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t
from indextracker_cli import exporting, indextracker

NOVEMBER, DECEMBER, LATER = date(2024, 11, 29), date(2024, 12, 2), date(2025, 1, 2)
DAYS = (NOVEMBER, DECEMBER, LATER)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lake of bars on three days in three months."""
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.replace(t.PRODUCTS, rows(t.PRODUCTS, {"instrument": "Futures"}))
    change: Row = {"instrument": "Futures", "expire_code": "M"}
    for table in (t.CONTRACTS, t.FUTURES_BARS):
        days = [change | {"session_date": day} for day in DAYS]
        lake.replace(table, rows(table, *days), [*map(str, DAYS)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INDEXTRACKER_LAKE", str(tmp_path / "lake"))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(indextracker, words, standalone_mode=False)


BARS = ("export", "bars", "TX", "M", "--minutes", "5")
SPAN = ("--from", str(NOVEMBER), "--to", str(NOVEMBER))


@pytest.mark.parametrize("ending", ["parquet", "csv", "json", "xlsx"])
def test_each_kind_of_file_holds_the_rows(home: Path, ending: str) -> None:
    place = home / f"tx.{ending}"
    done = run(*BARS, *SPAN, "--tz", "Asia/Taipei", "--output", str(place))
    assert (done.exception, done.return_value) == (None, 0)
    assert [path.name for path in home.iterdir() if path.name != "lake"] == [place.name]
    read = {"parquet": of_parquet, "csv": of_csv, "json": of_json, "xlsx": of_xlsx}[ending]
    product, start, close = read(place)
    assert (product, float(close)) == ("TX", 3.0)
    assert "09:00" in start  # in Taipei


def of_parquet(place: Path) -> tuple[Any, ...]:
    [row] = pq.read_table(place).to_pylist()
    return row["product"], str(row["bar_start"]), row["close"]


def of_csv(place: Path) -> tuple[Any, ...]:
    [row] = csv.DictReader(place.read_text(encoding="utf-8").splitlines())
    return row["product"], row["bar_start"], row["close"]


def of_json(place: Path) -> tuple[Any, ...]:
    [row] = json.loads(place.read_text(encoding="utf-8"))
    return row["product"], row["bar_start"].replace("T", " "), row["close"]


def of_xlsx(place: Path) -> tuple[Any, ...]:
    """The sheet as it lies in the file: a time is a number of days since 1899-12-30."""
    with zipfile.ZipFile(place) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "times in Asia Taipei" in book.read("xl/workbook.xml").decode()
    days = (date(2024, 12, 16) - date(1899, 12, 30)).days + 9 / 24
    assert f"<v>{days}</v>" in sheet
    assert "<t>TX</t>" in sheet
    assert "<v>3</v>" in sheet
    return "TX", "09:00", 3.0


def test_an_interrupted_export_goes_on_with_the_same_instant_of_the_lake(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home / "tx.csv"
    words = (*BARS, "--from", "2024-11-29", "--to", "2025-01-02", "--output", str(place))
    asked: list[Any] = []
    real = exporting._asked

    def ends(lakehouse: Any, wish: Any, span: Any) -> Any:
        asked.append(span["first"])
        if len(asked) == 2:
            raise OSError("the machine is switched off")
        return real(lakehouse, wish, span)

    monkeypatch.setattr(exporting, "_asked", ends)
    assert isinstance(run(*words).exception, OSError)
    assert not place.exists()
    # What is written meanwhile is not in it.
    lake = Lake(str(home / "lake"), "simulated")
    changed = rows(t.FUTURES_BARS, {"session_date": LATER, "close": 3.5})
    lake.replace(t.FUTURES_BARS, changed, [str(LATER)])
    done = run(*words)
    assert "1 of 3 months are there" in done.stderr
    assert asked == [date(2024, 11, 29), date(2024, 12, 1), date(2024, 12, 1), date(2025, 1, 1)]
    found = list(csv.DictReader(place.read_text(encoding="utf-8").splitlines()))
    assert [row["session_date"] for row in found] == [*map(str, DAYS)]
    assert [row["close"] for row in found] == ["3.0", "3.0", "3.0"]
    assert {path.name for path in home.iterdir()} == {"lake", "tx.csv"}


def test_another_question_does_not_go_on_with_the_pieces_of_the_last(home: Path) -> None:
    place = home / "tx.csv"
    wish = exporting.Wish("bars", ("TX", "M"), {}, NOVEMBER, NOVEMBER, None)
    folder = home / ".tx.csv.parts"
    first = exporting._begun(folder, wish, "here")
    assert exporting._begun(folder, wish, "here") == first
    (folder / "00000.parquet").write_bytes(b"of another question")
    done = run(*BARS, *SPAN, "--output", str(place))
    assert (done.exception, done.return_value) == (None, 0)


def test_missing_sessions_are_named_and_end_with_their_own_code(home: Path) -> None:
    lake = Lake(str(home / "lake"), "simulated")
    now = datetime(2024, 12, 3, 12, tzinfo=UTC)
    record(lake, [Delivery("taifex_futures", "2024-12-03", "refused", now, "it is cut off")])
    words = (*BARS, "--from", "2024-12-02", "--to", "2024-12-03")
    done = run(*words, "--output", str(home / "tx.csv"))
    assert done.return_value == 2
    assert "refused: 2024-12-03 taifex_futures, it is cut off" in done.stderr
    assert (home / "tx.csv").exists()


def test_a_misspelt_instrument_leaves_no_file(home: Path) -> None:
    done = run("export", "bars", "TXF", *SPAN, "--output", str(home / "tx.csv"))
    assert "did you mean TX?" in str(done.exception)
    assert {path.name for path in home.iterdir()} == {"lake"}


def test_what_is_of_one_session_is_exported_by_its_contract(home: Path) -> None:
    lake = Lake(str(home / "lake"), "simulated")
    of: Row = {"session_date": DECEMBER, "product": "TXO", "expire_code": "W"}
    lake.replace(t.PRODUCTS, rows(t.PRODUCTS, of | {"instrument": "Options"}))
    for table in (t.CONTRACTS, t.OPTION_SESSIONS, t.DAILY_REPORT):
        changes = [of | {"expiry": one, "session_part": "whole"} for one in ("202412", "202501")]
        changes[1]["expire_code"] = "M"
        changes = [one | {"strike": Decimal(23000), "option_type": "C"} for one in changes]
        lake.replace(table, rows(table, *changes), [str(DECEMBER)])
    place = home / "chain.csv"
    run("export", "chain", "TXO", "W", "--to", str(DECEMBER), "--output", str(place))
    found = list(csv.DictReader(place.read_text(encoding="utf-8").splitlines()))
    assert [row["expiry"] for row in found] == ["202412"]


def test_an_option_that_a_kind_does_not_have_is_named(home: Path) -> None:
    done = run("export", "trades", "TX", "--type", "C", "--per", "week", "--output", "tx.csv")
    assert str(done.exception) == "trades has no --per"


def test_prices_that_are_made_to_fit_are_read_in_one_piece(home: Path) -> None:
    """Of a month alone nobody could tell how far it is from the last contract."""
    options = {"adjust": "ratio"}
    wish = exporting.Wish("continuous", ("TX",), options, NOVEMBER, LATER, None)
    assert exporting._spans(wish) == [{"first": NOVEMBER, "last": LATER}]
    apart = exporting.Wish("continuous", ("TX",), {}, NOVEMBER, LATER, None)
    assert len(exporting._spans(apart)) == 3


def test_a_chart_is_a_page_that_needs_nothing_else(home: Path) -> None:
    done = run("chart", "TX", "--on", str(NOVEMBER), "--minutes", "5")
    assert done.exception is None
    page = (home / f"TX-M-{NOVEMBER}.html").read_text(encoding="utf-8")
    assert "TX M, session 2024-11-29, 5 minutes, Asia" in page
    assert "<script src" not in page
    assert '"type":"candlestick"' in page


def test_a_chart_is_a_picture_too(home: Path, chromium: str) -> None:
    done = run("chart", "TX", "--on", str(NOVEMBER), "--png")
    assert done.exception is None
    picture = (home / f"TX-M-{NOVEMBER}.png").read_bytes()
    # The header of a PNG holds its width and height.
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (1200, 720)


def test_without_chromium_a_picture_says_what_to_install(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    # As on a machine that has none, of any name and at any place.
    found = "choreographer.browsers.chromium.Chromium.find_browser"
    monkeypatch.setattr(found, lambda **_: None)
    done = run("chart", "TX", "--on", str(NOVEMBER), "--output", "tx.png")
    assert "a picture is taken by Chromium, which is not found: install it" in str(done.exception)
    assert {path.name for path in home.iterdir()} == {"lake"}


def test_a_chart_of_another_ending_is_refused(home: Path) -> None:
    done = run("chart", "TX", "--output", "tx.pdf")
    assert "a chart ends in .html, .png or .svg" in str(done.exception)
