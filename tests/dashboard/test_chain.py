"""The page Chain: each of its figures is that of SQL, whatever is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qs

import polars as pl
import pytest
from playwright.sync_api import Page, expect
from support.viewer import Viewer, drawn

from indextracker import Frame, Lakehouse
from indextracker_dashboard.taiwan import chain_drawing
from indextracker_dashboard.taiwan.chain_figures import by_strike, spreads, term_structure

Opens = Callable[..., Viewer]
FRIDAY, MONDAY = "2024-12-13", "2024-12-16"
SIDES = ("call", "put")


def cells(page: Page, grid: int, columns: list[str]) -> list[list[str]]:
    """Rows of a table of the page that are in view, by the columns' names."""
    found: list[list[str]] = page.evaluate(
        """([grid, columns]) => [...document.querySelectorAll('.ag-root')[grid]
            .querySelectorAll('.ag-center-cols-container .ag-row')]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map(row => columns.map(
                name => row.querySelector(`[col-id="${name}"]`)?.innerText.trim() ?? ''))""",
        [grid, columns],
    )
    return found


def number(text: str) -> float | None:
    return float(text.replace(",", "").replace("−", "-")) if text else None


@pytest.mark.parametrize("part", ["whole", "day", "night"])
def test_futures_are_those_of_sql(lakehouse: Lakehouse, part: str) -> None:
    found = term_structure(lakehouse, "TX", date.fromisoformat(MONDAY), part).polars()
    expected = lakehouse.sql(f"""
        with figures as (
            select expiry, close, contracts, spread_contracts from gold.futures_sessions
            where product = 'TX' and session_date = '{MONDAY}' and session_part = '{part}'
        ), report as (
            select expiry, settlement_price, open_interest from silver.daily_report
            where product = 'TX' and session_date = '{MONDAY}' and session_part = 'day'
                and expiry not like '%/%'
        ), level as (
            select close as index_close from gold.index_sessions
            where index_id = 'TAIEX' and session_date = '{MONDAY}' and session_part = 'day'
        ), prints as (
            select expiry, arg_max(price, line) as price from silver.futures_trades
            where product = 'TX' and session_date = '{MONDAY}' and session_part = 'day'
                and traded_at < timestamptz '{MONDAY} 13:30:00+08' group by expiry
        )
        select expiry, settlement_price, close, contracts, spread_contracts, open_interest,
            price - index_close as basis, settlement_price - index_close as settlement_basis
        from figures full join report using (expiry) left join prints using (expiry), level
        order by expiry
    """).polars()
    assert found.height
    assert found.select(expected.columns).sort("expiry").equals(expected)


def test_options_and_spreads_are_those_of_sql(lakehouse: Lakehouse) -> None:
    found = by_strike(lakehouse, "TXO", date.fromisoformat(MONDAY), "M", "whole").polars()
    for letter, side in (("C", "call"), ("P", "put")):
        expected = lakehouse.sql(f"""
            with series as (
                select strike, close, contracts from gold.option_sessions
                where product = 'TXO' and session_date = '{MONDAY}' and session_part = 'whole'
                    and option_type = '{letter}' and expiry = '{found["expiry"][0]}'
            ), report as (
                select strike, settlement_price, open_interest from silver.daily_report
                where product = 'TXO' and session_date = '{MONDAY}' and session_part = 'day'
                    and option_type = '{letter}' and expiry = '{found["expiry"][0]}'
            )
            select strike::double as strike, settlement_price as {side}_settlement_price,
                close as {side}_close, contracts as {side}_contracts,
                open_interest as {side}_open_interest
            from series full join report using (strike) order by strike
        """).polars()
        there = pl.any_horizontal(pl.col(expected.columns[1:]).is_not_null())
        assert found.select(expected.columns).filter(there).equals(expected)
    traded = spreads(lakehouse, "TX", date.fromisoformat(MONDAY), "whole").polars()
    assert traded["contracts"].sum() == (
        lakehouse.sql(
            "select sum(contracts)::bigint as n from silver.futures_spreads "
            f"where product = 'TX' and session_date = '{MONDAY}'"
        )
        .rows["n"][0]
        .as_py()
    )


def test_the_tables_show_these_figures_and_lead_to_candles(
    opens: Opens, lakehouse: Lakehouse
) -> None:
    viewer = opens(f"/chain?on={MONDAY}")
    expect(viewer.page.locator(".ag-root").nth(2)).to_be_visible()
    columns = ["expiry", "settlement_price", "contracts", "open_interest"]
    rows = (
        term_structure(lakehouse, "TX", date.fromisoformat(MONDAY), "whole")
        .polars()
        .select(columns)
        .rows()
    )
    # Columns beyond the edge of the screen are not drawn.
    shown = cells(viewer.page, 0, columns[:3])
    assert [(row[0], *map(number, row[1:])) for row in shown] == [row[:3] for row in rows]
    options = by_strike(lakehouse, "TXO", date.fromisoformat(MONDAY), "M", "whole").polars()
    by = {row["strike"]: row for row in options.to_dicts()}
    named = ["strike", "call_open_interest", "call_settlement_price", "put_settlement_price"]
    seen = cells(viewer.page, 1, named)
    assert len(seen) > 5
    for strike, *values in seen:
        row = by[number(strike)]
        assert [number(value) for value in values] == [row[name] for name in named[1:]]
    viewer.page.get_by_role("link", name=rows[0][0], exact=True).first.click()
    expect(viewer.page.locator("#candles-range")).to_contain_text(f"TX {rows[0][0]}")


def test_volatilities_are_those_of_the_reader(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opens(f"/chain?on={MONDAY}")
    smile = lakehouse.smile("TXO", MONDAY).polars()
    implied = smile.drop_nulls("volatility")
    assert implied.height > 5
    out, calls, puts = drawn(viewer.page, "Implied volatility")
    assert out["x"] == implied["strike"].cast(pl.Float64).to_list()
    assert out["y"] == implied["volatility"].to_list()
    assert [calls["y"], puts["y"]] == [smile[f"{one}_volatility"].to_list() for one in SIDES]
    nearest = implied.sort(pl.col("moneyness").abs())["volatility"][0]
    body = viewer.page.locator("#body")
    expect(body).to_contain_text(f"At the money {nearest:.1%}.")
    expect(body).to_contain_text(f"the forward by put-call parity, {smile['forward'][0]:,.2f}")
    of_strike = {float(row["strike"]): row for row in smile.to_dicts()}
    shown = cells(viewer.page, 1, ["strike", *(f"{side}_volatility" for side in SIDES)])
    for strike, *told in shown:
        row = of_strike.get(number(strike) or 0, {})
        found = [row.get(f"{side}_volatility") for side in SIDES]
        assert told == ["" if one is None else f"{one:.1%}" for one in found]
    assert any(told for _, *told in shown if any(told))


def test_without_time_or_prices_no_volatility_is_drawn() -> None:
    reasons = dict.fromkeys(("call_reason", "put_reason"), "no time is left")
    figures = dict.fromkeys(("volatility", "moneyness", "forward", "years"), None)
    rows = pl.DataFrame({"strike": [23000.0]} | reasons | figures)
    frame = Frame(rows.to_arrow())
    [said] = chain_drawing.smile(frame, "TXO", date.fromisoformat(MONDAY))
    assert said.children == "No price implies one: no time is left."


def test_every_control_changes_the_address_and_the_page(opens: Opens) -> None:
    viewer = opens(f"/chain?on={MONDAY}")
    page = viewer.page

    def choose(label: str, option: str) -> None:
        page.get_by_role("textbox", name=label, exact=True).click()
        page.get_by_role("option", name=option, exact=True).click()

    choose("Futures", "MTX")
    expect(page.get_by_role("heading", name="MTX: futures by expiry")).to_be_visible()
    choose("Expiry of options", "M+1 · 202501")
    expect(page.get_by_role("heading", name="TXO M+1: options by strike")).to_be_visible()
    page.get_by_text("night", exact=True).click()
    page.get_by_text("all", exact=True).click()
    expect(page).to_have_url(re.compile("strikes=all"))
    page.get_by_role("textbox", name="Session").fill(FRIDAY)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"session {FRIDAY}").first).to_be_visible()
    assert {name: value[0] for name, value in parse_qs(viewer.query[1:]).items()} == {
        "on": FRIDAY,
        "futures": "MTX",
        "expiry": "M+1",
        "part": "night",
        "strikes": "all",
    }
    page.go_back()
    expect(page.get_by_role("heading", name=f"session {MONDAY}").first).to_be_visible()
    again = opens(f"/chain{viewer.query}")
    expect(again.page.get_by_role("heading", name="TXO M+1: options")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("futures=TXF", "did you mean TX"),
        ("futures=TXO", "TXO has no futures"),
        ("options=TX", "a chain is of options"),
        ("expiry=203012", "no expiry '203012' of TXO"),
        ("on=2024-12-15", "holds no session"),
        ("on=2024-12-12", "Missing: taifex_"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(opens: Opens, query: str, said: str) -> None:
    viewer = opens(f"/chain?{query}")
    expect(viewer.page.locator("#body")).to_contain_text(said)
