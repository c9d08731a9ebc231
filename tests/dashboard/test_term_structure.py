"""The page Term structure and basis: its figures are those of SQL, and lead to their trades."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from playwright.sync_api import expect
from support.viewer import Viewer, drawn

from indextracker import Lakehouse
from indextracker_dashboard.analytics.basis_figures import expiries, rolls, term_structure

Opens = Callable[..., Viewer]
MONDAY = date(2024, 12, 16)


@pytest.mark.parametrize("at", [time(10), time(13, 45), None])
def test_contracts_at_an_instant_are_those_of_sql(lakehouse: Lakehouse, at: time | None) -> None:
    found = term_structure(lakehouse, "TX", MONDAY, at).polars()
    until = "(select max(priced_at) from own where basis is not null)"
    if at is not None:
        until = f"timestamptz '{MONDAY} {at}+08'"
    expected = lakehouse.sql(f"""
        with own as (
            select * from gold.basis where product = 'TX' and session_date = '{MONDAY}'
        )
        select expiry, future_price, index_level, basis from own where priced_at <= {until}
        qualify row_number() over (partition by expiry order by priced_at desc) = 1
        order by days_to_settlement
    """).polars()
    assert found.select(expected.columns).equals(expected)
    assert found["basis"].is_not_null().any()
    assert (found["price_age_seconds"] >= 0).all()


def test_the_charts_have_these_figures_and_lead_to_their_trades(
    opens: Opens, lakehouse: Lakehouse
) -> None:
    viewer = opens(f"/term-structure?on={MONDAY}&at=10:00:00")
    rows = term_structure(lakehouse, "TX", MONDAY, time(10)).polars()
    basis, _ = drawn(viewer.page, "Futures of TX above their index")
    assert basis["x"] == rows["days_to_settlement"].to_list()
    assert basis["y"] == rows["basis"].to_list()
    expiry = expiries(lakehouse, "TX", MONDAY)[0]
    minutes = lakehouse.table("gold/basis", sessions=[MONDAY]).polars()
    through, _ = drawn(viewer.page, f"Basis of TX {expiry} by the minute")
    of_contract = minutes.filter(product="TX", expiry=expiry).drop_nulls("basis")
    assert through["y"] == of_contract.sort("bar_start")["basis"].to_list()
    viewer.page.get_by_role("link", name="The trades behind it").click()
    expect(viewer.page.get_by_role("heading", name="SQL", exact=True)).to_be_visible()


def test_an_address_holds_every_choice(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opens(f"/term-structure?on={MONDAY}")
    page = viewer.page
    page.get_by_text("open interest", exact=True).click()
    expect(page.get_by_role("heading", name="rolls by open interest")).to_be_visible()
    page.get_by_role("textbox", name="Futures", exact=True).click()
    page.get_by_role("option", name="MTX", exact=True).click()
    expect(page.get_by_role("heading", name="MTX: term structure")).to_be_visible()
    again = opens(f"/term-structure{viewer.query}")
    expect(again.page.get_by_role("heading", name="MTX: rolls by open interest")).to_be_visible()
    assert rolls(lakehouse, "MTX", "open_interest", MONDAY).rows.num_rows == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("on=2024-12-15", "holds no session"),
        ("futures=CDF", "There is none."),
        ("at=25:00", "At='25:00'"),
    ],
)
def test_what_cannot_be_shown_is_said(opens: Opens, query: str, said: str) -> None:
    expect(opens(f"/term-structure?{query}").page.locator("#body")).to_contain_text(said)
