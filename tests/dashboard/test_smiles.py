"""The page Smiles: what it draws is what gold has, and its address holds what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from support.viewer import Viewer, drawn

from indextracker import Lakehouse

Opens = Callable[..., Viewer]
MONDAY = "2024-12-16"
OF_TXO = f"product = 'TXO' and session_date = '{MONDAY}'"
LAST = f"(select max(observed_at) from gold.volatility_smiles where {OF_TXO} and reason is null)"


def test_a_smile_is_drawn_with_the_options_that_it_is_fitted_to(
    opens: Opens, lakehouse: Lakehouse
) -> None:
    page = opens(f"/smiles?on={MONDAY}&expiry=202412").page
    calls, puts, _ = drawn(page, "Smile of TXO 202412")
    for letter, trace in (("C", calls), ("P", puts)):
        expected = lakehouse.sql(f"""
            select strike::double as strike, volatility from gold.implied_volatility
            where {OF_TXO} and expiry = '202412' and option_type = '{letter}'
                and observed_at = {LAST}
        """).polars()
        assert expected.height > 0
        shown = dict(zip(trace["x"], trace["y"], strict=True))
        assert shown == dict(zip(expected["strike"], expected["volatility"], strict=True))


def test_the_term_structure_is_that_of_the_instant(opens: Opens, lakehouse: Lakehouse) -> None:
    [line] = drawn(opens(f"/smiles?on={MONDAY}").page, "Term structure of TXO")
    expected = lakehouse.sql(f"""
        select 365 * years as days, atm_volatility from gold.volatility_smiles
        where {OF_TXO} and observed_at = {LAST} and atm_volatility is not null order by days
    """).polars()
    assert line["x"] == pytest.approx(expected["days"].to_list())
    assert line["y"] == pytest.approx(expected["atm_volatility"].to_list())


def test_the_surface_holds_the_smiles_of_the_instant(opens: Opens, lakehouse: Lakehouse) -> None:
    page = opens(f"/smiles?on={MONDAY}").page
    [surface] = drawn(page, "Surface of volatility")
    expected = lakehouse.sql(f"""
        select 365 * years as days, atm_volatility from gold.volatility_smiles
        where {OF_TXO} and observed_at = {LAST} and reason is null order by days
    """).polars()
    grid: Any = surface["z"]
    middle = min(range(len(surface["x"])), key=lambda place: abs(surface["x"][place]))
    for days, volatility in expected.iter_rows():
        row = min(range(len(surface["y"])), key=lambda place: abs(surface["y"][place] - days))
        assert surface["y"][row] == pytest.approx(days)
        # The column nearest to the forward is at most half a step of the smile beside it.
        assert grid[row][middle] == pytest.approx(volatility, abs=0.005)
    page.get_by_role("link", name="the trades of the 15 minutes up to then").click()
    expect(page.get_by_role("heading", name="SQL", exact=True)).to_be_visible()
    expect(page.locator("#body")).to_contain_text("traded at")


def test_an_address_holds_what_is_chosen(opens: Opens) -> None:
    viewer = opens(f"/smiles?on={MONDAY}")
    page = viewer.page
    page.get_by_role("textbox", name="Expiry", exact=True).click()
    page.get_by_role("option", name="202501", exact=True).click()
    expect(page.get_by_role("heading", name="TXO 202501: smile at")).to_be_visible()
    assert "expiry=202501" in viewer.query
    again = opens(f"/smiles{viewer.query}").page
    expect(again.get_by_role("heading", name="TXO 202501: smile at")).to_be_visible()
    again.get_by_role("link", name="The chain of this expiry").click()
    expect(again.get_by_role("heading", name="Chain", exact=True)).to_be_visible()


def test_an_expiry_that_is_not_there_is_said(opens: Opens) -> None:
    body = opens(f"/smiles?on={MONDAY}&expiry=209912").page.locator("#body")
    expect(body).to_contain_text("No option of 209912 has a price then")
