"""The page Files: files of people's own are sent, detected, shown as they would be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect
from support.market_lake import fill_shares
from support.viewer import PHONE, Viewer

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker_dashboard.files import uploads

Opens = Callable[..., Viewer]
# Nothing says which of day and month comes first.
UNDECIDED = "Date;Open;High;Low;Close;Volume\n" + "".join(
    f"0{n % 9 + 1}/0{n % 7 + 1}/2020;{10 + n},50;{11 + n},25;{9 + n},75;{10 + n},00;{1000 + n}\n"
    for n in range(9)
)


@pytest.fixture
def prices(tmp_path: Path) -> list[Path]:
    """A price file with a question, and a text that is none."""
    found = [tmp_path / "ABC.csv", tmp_path / "letter.txt"]
    found[0].write_text(UNDECIDED, encoding="utf-8")
    found[1].write_text("Dear Sir or Madam,\nthank you for your letter.\n", encoding="utf-8")
    return found


def test_files_are_sent_and_detected_and_an_answer_changes_what_is_read(
    shows: Opens, prices: list[Path]
) -> None:
    viewer = shows("/files?collection=mine")
    page = viewer.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([*map(str, prices)])
    expect(page.locator("#files-told")).to_contain_text("letter.txt")
    rows = page.get_by_role("region", name="First rows")
    expect(rows.locator("tbody tr")).to_have_count(8)
    expect(rows).to_contain_text("10.5")
    evidence = page.get_by_role("region", name="Evidence")
    expect(evidence).to_contain_text("no date has a number above 12 in either place")

    page.get_by_role("textbox", name="DD/MM or MM/DD undecidable").click()
    page.get_by_role("option", name="%m/%d/%Y").click()
    expect(rows.locator("tbody tr").nth(7)).to_contain_text("2020-08-01")
    assert "%25m%2F%25d" in viewer.query
    page.get_by_role("textbox", name="DD/MM or MM/DD undecidable").click()
    page.get_by_role("option", name="%d/%m/%Y").click()
    expect(rows.locator("tbody tr").nth(7)).to_contain_text("2020-01-08")
    viewer.assert_usable()
    page.locator("#files-kept summary").click()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Remove letter.txt").click()
    expect(page.locator("#files-kept summary")).to_contain_text("1 file is kept")
    viewer.assert_usable()
    # The address says the same to whoever opens it.
    again = shows(f"/files{viewer.query}", size=PHONE, scheme="dark")
    last = again.page.get_by_role("region", name="First rows").locator("tbody tr").nth(7)
    expect(last).to_contain_text("2020-01-08")
    again.assert_usable()


def test_a_layout_is_confirmed_and_its_files_are_loaded(
    opens_lake: Callable[..., Viewer], prices: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "world" / "lake"
    fill_shares(Lake(str(folder), "simulated"))
    viewer = opens_lake(folder, "/files?collection=mine&zone=Asia/Taipei")
    page = viewer.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([*map(str, prices)])
    confirm = page.get_by_role("button", name="Confirm")
    expect(confirm).to_be_disabled()
    page.get_by_role("textbox", name="DD/MM or MM/DD undecidable").click()
    page.get_by_role("option", name="%m/%d/%Y").click()
    confirm.click()
    expect(page.get_by_role("region", name="Layouts")).to_contain_text("confirmed")
    page.get_by_role("button", name="Load").click()
    expect(page.locator("#files-told")).to_contain_text("1 file with 9 prices")
    expect(page.locator("#files-told")).to_contain_text("letter.txt")
    loaded = page.get_by_label("Collections in the lake")
    expect(loaded).to_contain_text("mine")
    viewer.assert_usable()
    page.locator("#body p", has_text="What checks find").get_by_role("link", name="mine").click()
    expect(page.locator("#body")).to_contain_text("Every file of a collection is loaded")
    viewer.assert_usable()
    [last] = (
        Lakehouse(folder)
        .sql('select max(t."at") as last from silver.file_prices t')
        .arrow()
        .to_pylist()
    )
    assert last["last"] == datetime(2020, 9, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../lake/x.csv", "x.csv"),
        ("..\\..\\x.csv", "x.csv"),
        ("/etc/passwd", "passwd"),
        (".hidden", "hidden"),
        ("a\nb:c.csv", "a_b_c.csv"),
        ("x" * 300 + ".csv", "x" * 146 + ".csv"),
    ],
)
def test_a_file_stays_in_the_folder_of_its_collection(
    market_address: str, market: Lakehouse, name: str, kept: str
) -> None:
    answer = _sent(market_address, "safe", name)
    assert (answer.status_code, answer.text) == (200, f"{kept}\n")
    folder = Path(market.place).parent / "uploads" / "safe"
    assert (folder / kept).read_bytes() == b"1"
    assert not [one for one in folder.iterdir() if one.name.endswith(".part")]


@pytest.mark.parametrize("collection", ["", "..", "../lake", "a/b", "x" * 64])
def test_a_collection_is_a_plain_name(market_address: str, collection: str) -> None:
    answer = _sent(market_address, collection, "x.csv")
    assert answer.status_code == 400
    assert "a collection is named by" in answer.text


def test_files_are_bounded_in_size_and_number(
    market_address: str, market: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FILE_BYTES", 4)
    monkeypatch.setattr(uploads, "COLLECTION_BYTES", 6)
    monkeypatch.setattr(uploads, "MOST_FILES", 3)

    def send(name: str, size: int) -> int:
        return _sent(market_address, "bounded", name, b"x" * size).status_code

    sent = [("a", 5), ("a", 4), ("b", 3), ("b", 2), ("a", 2), ("c", 1), ("d", 1)]
    assert [send(*one) for one in sent] == [400, 200, 400, 200, 200, 200, 400]
    folder = Path(market.place).parent / "uploads" / "bounded"
    assert {one.name: one.stat().st_size for one in folder.iterdir()} == {"a": 2, "b": 2, "c": 1}


def test_another_site_sends_nothing(market_address: str) -> None:
    answer = requests.post(
        f"{market_address}/files/upload",
        params={"collection": "foreign", "name": "x.csv"},
        data=b"1",
        headers={"Origin": "http://elsewhere.example"},
        timeout=60,
    )
    assert answer.status_code == 403


def _sent(address: str, collection: str, name: str, content: bytes = b"1") -> requests.Response:
    return requests.post(
        f"{address}/files/upload",
        params={"collection": collection, "name": name},
        data=content,
        timeout=60,
    )
