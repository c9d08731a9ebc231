"""The page SQL, as people use it: asking, parameters, the dictionary, going back, stopping."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from urllib.parse import quote

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import requests
from playwright.sync_api import expect
from support.viewer import Viewer

from indextracker import Lakehouse

Opens = Callable[..., Viewer]
LEVELS = """select index_id, close from gold.index_sessions
where session_part = 'whole' order by session_date, index_id"""
ENDLESS = "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c"


def test_a_statement_is_asked_and_its_address_asks_it_again(
    opens: Opens, lakehouse: Lakehouse
) -> None:
    number = len(lakehouse.sql(LEVELS))
    viewer = opens("/sql")
    page = viewer.page
    page.get_by_label("Statement").fill(LEVELS)
    page.get_by_label("Statement").press("Control+Enter")
    expect(page.locator("#counted")).to_have_text(f"{number} rows")
    asked = viewer.query
    assert quote("gold.index_sessions") in asked

    page.get_by_label("Statement").fill("select $a::int + 1 as b")
    page.get_by_label("Parameters").fill("a=41")
    page.get_by_role("button", name=re.compile("Run")).click()
    expect(page.get_by_role("gridcell", name="42", exact=True)).to_be_visible()
    viewer.assert_usable()

    page.go_back()
    page.go_back()
    expect(page.get_by_label("Statement")).to_have_value(LEVELS)
    expect(page.locator("#counted")).to_have_text(f"{number} rows")

    again = opens(f"/sql{asked}")
    expect(again.page.locator("#counted")).to_have_text(f"{number} rows")


def test_an_answer_is_downloaded_as_it_is(address: str, lakehouse: Lakehouse) -> None:
    rows = lakehouse.sql(LEVELS).arrow()
    statement = quote(LEVELS)
    for kind, read in (("csv", pacsv.read_csv), ("parquet", pq.read_table)):
        answer = requests.get(f"{address}/download/sql/answer.{kind}?sql={statement}", timeout=60)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="sql-answer.{kind}"'
        assert read(io.BytesIO(answer.content)).to_pylist() == rows.to_pylist()


def test_a_mistake_is_shown_with_its_place(opens: Opens) -> None:
    viewer = opens(f"/sql?sql={quote('select nothing from gold.index_sessions')}")
    expect(viewer.page.locator(".said")).to_contain_text('column "nothing" not found')
    viewer.assert_usable()


def test_markup_in_an_answer_is_text(opens: Opens) -> None:
    markup = "<img src=x onerror=alert(1)>"
    statement = f"select '{markup}' as \"{markup}\""
    viewer = opens(f"/sql?sql={quote(statement)}")
    expect(viewer.page.get_by_role("gridcell", name=markup)).to_be_visible()
    assert viewer.page.locator("#body img").count() == 0


def test_a_question_is_stopped(opens: Opens) -> None:
    viewer = opens("/sql")
    page = viewer.page
    page.get_by_label("Statement").fill(ENDLESS)
    page.get_by_role("button", name=re.compile("Run")).click()
    page.wait_for_url(re.compile("sql="))
    stop, said = page.get_by_role("button", name="Stop"), page.locator(".said")
    # It may be still to begin.
    while not said.is_visible():
        stop.click()
        page.wait_for_timeout(200)
    expect(said).to_have_text("it was stopped")


def test_the_dictionary_is_looked_up(opens: Opens) -> None:
    viewer = opens("/sql?find=open_interest")
    listed = viewer.page.locator("#dictionary summary")
    expect(listed.filter(has_text="silver.daily_report")).to_have_count(1)
    expect(listed.filter(has_text="gold.index_bars")).to_have_count(0)
    viewer.page.get_by_label("Dictionary").fill("isin delivery")
    expect(listed.filter(has_text="silver.equities_daily")).to_have_count(1)
    listed.filter(has_text="silver.equities_daily").click()
    expect(viewer.page.locator("#dictionary")).to_contain_text("deliverable_shares")
    viewer.assert_usable()


def test_without_a_warehouse_it_says_so(opens: Opens) -> None:
    viewer = opens("/sql?of=warehouse&sql=select+1")
    expect(viewer.page.locator(".said")).to_contain_text("there is no warehouse at")
    expect(viewer.page.locator("#dictionary")).to_contain_text("There is no warehouse at")
    viewer.assert_usable()
