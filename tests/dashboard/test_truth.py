"""The page of truth: states by session and feed, checks, figures beside the exchange's, origins."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from support.market_lake import FEED, LAST, TRADES
from support.viewer import PHONE, Viewer

from indextracker import Lakehouse
from indextracker_dashboard.truth.documents import SIGNS

Opens = Callable[..., Viewer]
CELL = f"/truth?key={LAST}&feed={FEED}"


def choose(page: Page, label: str, option: str) -> None:
    """Chooses one of a list."""
    page.get_by_role("textbox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_each_cell_has_the_state_of_the_reader(shows: Opens, market: Lakehouse) -> None:
    page = shows("/truth?count=15").page
    found = market.states("taiwan", sessions=15).arrow().to_pylist()
    expected = {f"{row['feed']} {row['key']}: {SIGNS[row['state']][1]}" for row in found}
    assert set(page.locator("table.matrix td .hidden").all_inner_texts()) == expected
    there = sum(row["state"] == "accepted" for row in found)
    expect(page.locator("#body")).to_contain_text(f"{there} of {len(found)} documents are there")


def test_what_is_deleted_soon_says_how_soon(shows: Opens, market: Lakehouse) -> None:
    page = shows("/truth").page
    left = market.states("taiwan", sessions=30).polars().filter(feed="taifex_options")
    oldest = left.row(0, named=True)
    assert (oldest["key"], oldest["days_left"]) == ("2024-11-08", 1)
    expect(page.locator("#body")).to_contain_text("2024-11-08, the last session: ")
    cell = page.locator("td .cell", has_text="taifex_options 2024-11-08")
    expect(cell).to_contain_text("1 left")
    cell.click()
    expect(page.locator(".selected")).to_contain_text("it is not listed")


def test_a_cell_leads_to_its_document_by_keys_and_back(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/truth?count=15")
    page = viewer.page
    page.locator("td .cell", has_text=f"taifex_volume_totals {LAST}").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    selected = page.locator(".selected")
    expect(selected).to_contain_text(f"{FEED} of {LAST}")
    told = market.answers(FEED, str(LAST)).arrow().to_pylist()
    for row in told:
        expect(selected).to_contain_text(f"{row['fetched_at']:%Y-%m-%d %H:%M:%S} UTC")
    expect(selected).to_contain_text(TRADES.sha256)
    expect(selected).to_contain_text(told[0]["landing"])
    expect(selected).to_contain_text("only the night is in it")
    link = selected.get_by_role("link", name=told[0]["url"])
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert viewer.query == f"?count=15&key={LAST}&feed={FEED}"
    page.go_back()
    expect(selected).to_have_count(0)
    assert viewer.query == "?count=15"


def test_reasons_are_text_and_no_markup(shows: Opens) -> None:
    viewer = shows(f"/truth?key=2024-12-18&feed={FEED}", size=PHONE, scheme="dark")
    expect(viewer.page.locator(".selected")).to_contain_text("the zip is <b>cut off</b>")
    viewer.assert_usable()


def test_controls_change_subject_span_and_end(shows: Opens) -> None:
    viewer = shows("/truth")
    page = viewer.page
    choose(page, "How many", "15")
    expect(page.locator("h2", has_text="XTAI: 15 from")).to_be_visible()
    choose(page, "Subject", "India's National Stock Exchange, end of day")
    expect(page.locator("h2", has_text="XNSE: 15 from")).to_be_visible()
    expect(page.locator("#body")).to_contain_text("nse udiff bhavcopy")
    assert viewer.query == "?count=15&subject=india"
    page.goto(f"{viewer.address}/truth?count=15&until=2024-11-29")
    expect(page.locator("h2", has_text="to 2024-11-29")).to_be_visible()
    page.get_by_text("Checks", exact=True).click()
    expect(page.locator("#body")).to_contain_text("choose an earlier day")


def test_checks_show_what_breaks_them(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/truth")
    page = viewer.page
    page.locator("tbody th").get_by_role("link", name=str(LAST)).click()
    body = page.locator("#body")
    found = market.findings("taiwan", str(LAST)).arrow().to_pylist()
    broken = [row for row in found if row["bad_rows"]]
    expect(body).to_contain_text(f"{len(found) - len(broken)} of {len(found)} rules")
    expect(page.locator(".finding")).to_have_count(len(broken))
    finding = page.locator(".finding", has_text="silver/rejects: no rejects")
    expect(finding).to_contain_text("reason price 'x' is no number")
    viewer.assert_usable()
    finding.get_by_role("link", name="The documents that they were made of").click()
    expect(body).to_contain_text(TRADES.sha256)


def test_figures_go_down_to_the_contract_and_its_document(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/truth?view=figures")
    page = viewer.page
    counts = market.sql("select class, count(*) as n from gold.reconciliation group by class")
    for row in counts.arrow().to_pylist():
        expect(page.locator(".outcomes")).to_contain_text(f"{row['n']} {row['class']}")
    of_product = page.locator("table.figures tr", has=page.get_by_text("TX", exact=True))
    assert of_product.inner_text().split() == ["TX", "0", "1", "1", "234", "204", "30"]
    page.locator(".outcomes").get_by_role("link", name="1 unexplained").click()
    cells = page.locator(".ag-row").first.locator("[role=gridcell]")
    expect(cells.filter(has_text="unexplained")).to_be_visible()
    expect(cells.filter(has_text="MTX")).to_be_visible()
    assert viewer.query == f"?view=figures&key={LAST}&outcome=unexplained"
    viewer.assert_usable()
    page.get_by_role("link", name="The documents behind these 4 rows").click()
    expect(page.locator("#body")).to_contain_text(TRADES.sha256)
    expect(page.locator("#body")).to_contain_text("taifex_daily_futures of the 5 sessions before")


def test_origins_are_of_the_table_that_is_chosen(shows: Opens) -> None:
    viewer = shows("/truth?view=origin")
    page = viewer.page
    choose(page, "Table", "gold/reconciliation")
    expect(page.locator("#body")).to_contain_text(TRADES.sha256)
    choose(page, "Session", "2024-12-18")
    expect(page.locator("#body")).to_contain_text("has not made these rows of any document yet")
    page.get_by_role("link", name=f"→ {LAST}").click()
    expect(page.locator("#body")).to_contain_text(TRADES.sha256)
    viewer.assert_usable()


def test_what_there_is_not_is_said(shows: Opens) -> None:
    for query, said in (
        ("subject=mars", "There is no subject 'mars'"),
        ("key=2024-13-45&feed=taifex_futures", "does not match format"),
        ("count=0", "greater than or equal to 1"),
        ("view=checks&key=x", "is no session, day or hour of taiwan"),
    ):
        expect(shows(f"/truth?{query}").page.locator("#body")).to_contain_text(said)
