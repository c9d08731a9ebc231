"""The page Flow: each of its figures is that of SQL, whatever is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from playwright.sync_api import expect
from support.viewer import PHONE, Viewer, drawn

from indextracker import Frame, Lakehouse
from indextracker_catalogue.analytics import VOLATILITY_INDEX
from indextracker_dashboard.analytics import flow_drawing
from indextracker_dashboard.analytics.flow_figures import by_strike, ratios

Opens = Callable[..., Viewer]
FRIDAY, MONDAY = "2024-12-13", "2024-12-16"
ON = date.fromisoformat(MONDAY)


@pytest.mark.parametrize("part", ["whole", "day", "night"])
def test_figures_by_strike_are_those_of_trades_and_report(lakehouse: Lakehouse, part: str) -> None:
    found = by_strike(lakehouse, "TXO", ON, "M", part).polars()
    where = "" if part == "whole" else f"and session_part = '{part}'"
    for letter, side in (("C", "call"), ("P", "put")):
        expected = lakehouse.sql(f"""
            with traded as (
                select strike, (sum(sides) // 2)::bigint as {side}_contracts,
                    (sum(price * sides) / 2 * 50)::double as turnover
                from silver.option_trades
                where product = 'TXO' and session_date = '{MONDAY}' and expiry = '202412'
                    and option_type = '{letter}' {where} group by strike
            ), report as (
                select strike, session_date, open_interest from silver.daily_report
                where product = 'TXO' and expiry = '202412' and session_part = 'day'
                    and option_type = '{letter}'
            ), held as (
                select now.strike, now.open_interest as {side}_open_interest,
                    now.open_interest - coalesce(before.open_interest, 0) as change
                from report as now left join report as before
                    on now.strike = before.strike and before.session_date = '{FRIDAY}'
                where now.session_date = '{MONDAY}'
            )
            select strike::double as strike, coalesce({side}_contracts, 0) as {side}_contracts,
                coalesce(turnover, 0) as turnover, {side}_open_interest, change
            from traded full join held using (strike) order by strike
        """).polars()
        shown = found.select(
            "strike",
            pl.col(f"{side}_contracts").fill_null(0),
            pl.col(f"{side}_turnover").cast(pl.Float64).fill_null(0).round(6).alias("turnover"),
            f"{side}_open_interest",
            pl.col(f"{side}_open_interest_change").alias("change"),
        ).filter(pl.col("strike").is_in(expected["strike"].implode()))
        assert shown.equals(expected.with_columns(pl.col("turnover").round(6)))


def test_ratios_are_those_of_all_expiries(lakehouse: Lakehouse) -> None:
    found = ratios(lakehouse, "TXO", ON, 2, "day").polars()
    expected = lakehouse.sql("""
        with traded as (
            select session_date, sum(sides) filter (where option_type = 'P')
                / sum(sides) filter (where option_type = 'C') as contracts
            from silver.option_trades where product = 'TXO' and session_part = 'day' group by all
        ), held as (
            select session_date, sum(open_interest) filter (where option_type = 'P')
                / sum(open_interest) filter (where option_type = 'C') as open_interest
            from silver.daily_report where product = 'TXO' and session_part = 'day' group by all
        )
        select * from traded join held using (session_date) order by session_date
    """).polars()
    assert found["session_date"].to_list() == [date.fromisoformat(FRIDAY), ON]
    for name in ("contracts", "open_interest"):
        assert found[name].to_list() == pytest.approx(expected[name].to_list())


def test_the_page_shows_them_and_leads_to_candles(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opens(f"/flow?on={MONDAY}&part=day")
    page = viewer.page
    rows = by_strike(lakehouse, "TXO", ON, "M", "day").polars()
    calls, puts, *_ = drawn(page, "Flow of TXO 202412")
    assert calls["y"] == rows["call_contracts"].cast(pl.Float64).to_list()
    assert puts["y"] == rows["put_contracts"].cast(pl.Float64).to_list()
    body = page.locator("#body")
    [pain] = (
        lakehouse.sql(
            "select max_pain_strike::double as k from gold.option_flow_expiries where "
            f"session_date = '{MONDAY}' and product = 'TXO' and expiry = '202412' "
            "and session_part = 'whole'"
        )
        .rows["k"]
        .to_pylist()
    )
    expect(body).to_contain_text(f"Line: {pain:,.0f}, the final settlement price")
    # Its next months hardly trade in a session of the small size: that is said.
    expect(body).to_contain_text("It is known at 0 of 60 moments.")
    expect(body).to_contain_text("ewer than 5 strikes on a side of the")
    link = page.locator(".ag-root").first.get_by_role("link").first
    link.click()
    expect(page).to_have_url(re.compile(r"/candles\?instrument=TXO&contract=202412&strike=\d+"))
    expect(page.locator("#candles-range")).to_contain_text("TXO 202412")


def test_controls_change_the_address(opens: Opens) -> None:
    viewer = opens(f"/flow?on={MONDAY}", size=PHONE)
    page = viewer.page
    page.get_by_role("textbox", name="Expiry", exact=True).click()
    page.get_by_role("option", name="M+1 · 202501", exact=True).click()
    expect(page.get_by_role("heading", name="TXO M+1: calls against puts")).to_be_visible()
    page.get_by_text("night", exact=True).click()
    # Cells of tables may hold the number too.
    page.get_by_label("Sessions of ratios").get_by_text("60", exact=True).click()
    expect(page).to_have_url(re.compile("sessions=60"))
    assert {"term=M%2B1", "part=night"} <= set(viewer.query[1:].split("&"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("options=TX", "a chain is of options"),
        ("term=203012", "no expiry '203012' of TXO"),
        ("on=2024-12-15", "holds no session"),
        ("part=evening", "This address cannot be shown"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(opens: Opens, query: str, said: str) -> None:
    expect(opens(f"/flow?{query}").page.locator("#body")).to_contain_text(said)


def test_the_index_is_drawn_with_its_terms() -> None:
    start = datetime(2024, 12, 16, 0, 50, tzinfo=UTC)
    known = {"volatility_index": 20.0, "near_variance": 0.04, "next_variance": 0.09}
    moments = [known, {"reason": "no future of the near term in 30 minutes"}]
    nothing = dict.fromkeys(VOLATILITY_INDEX.column_names)
    terms = {"near_expiry": "202501", "next_expiry": "202502"}
    rows = pl.DataFrame(
        [
            nothing | terms | moment | {"observed_at": start + timedelta(minutes=5 * place)}
            for place, moment in enumerate(moments)
        ]
    )
    figure, said = flow_drawing.volatility_index(Frame(rows.to_arrow()), ON)
    index, near, further = figure.children[0].figure["data"]
    assert index["x"] == ["08:50", "08:55"]
    assert index["y"] == [20.0, None]
    assert near["y"] == pytest.approx([20.0, None])
    assert further["y"] == pytest.approx([30.0, None])
    assert [near["name"], further["name"]] == ["near term 202501", "next term 202502"]
    assert said.children == (
        "20.00 at 08:50. It is known at 1 of 2 moments. "
        "No future of the near term in 30 minutes: 1."
    )
