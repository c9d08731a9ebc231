"""The market day of NSE: the numbers of the reader, one share with its news, honest lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support import market_lake
from support.good_rows import rows
from support.market_lake import DAYS, LAST, NEWS_OF, SPLIT, SPLIT_ON, SYMBOLS, UNLISTED
from support.viewer import PHONE, Viewer, drawn

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker_catalogue import india as i
from indextracker_dashboard.india import asked, told
from indextracker_dashboard.india.state import crore, percent

Opens = Callable[..., Viewer]


def card(page: Page, name: str) -> str:
    """The figure of a card."""
    return page.locator(".cards > div", has_text=name).locator("dd").first.inner_text()


def test_figures_of_the_session_are_those_of_the_lake(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/india")
    page = viewer.page
    of_day = f"where session_date = date '{LAST}'"
    [breadth] = market.sql(f"select * from gold.equity_breadth {of_day}").arrow().to_pylist()
    assert card(page, "Advances") == str(breadth["advances"])
    assert card(page, "Declines") == str(breadth["declines"])
    assert card(page, "Unchanged") == str(breadth["unchanged"])
    [sums] = (
        market.sql(
            "select sum(turnover_inr)::double as turnover, sum(deliverable_shares) / sum(shares) "
            "filter (where deliverable_shares is not null) as delivery "
            f"from silver.equities_daily {of_day}"
        )
        .arrow()
        .to_pylist()
    )
    assert card(page, "Turnover") == crore(sums["turnover"])
    assert card(page, "Delivery") == percent(sums["delivery"], 1, sign=False)
    assert card(page, "Nifty 50") == "24,500.00"
    viewer.assert_usable()


def test_movers_are_those_of_some_turnover(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/india?least=100")
    page = viewer.page
    best = market.sql(
        "select r.symbol, r.return_1 from gold.equity_returns r "
        "join silver.equities_daily e using (session_date, symbol, series) "
        f"where session_date = date '{LAST}' and turnover_inr >= 1e9 and e.isin not like 'INF%' "
        "and return_1 > 0 order by return_1 desc"
    )
    shown = page.get_by_role("region", name="▲ Rose most").locator("tbody tr")
    expect(shown).to_have_count(len(best))
    for row, line in zip(best.arrow().to_pylist(), shown.all(), strict=True):
        assert line.locator("a").inner_text() == row["symbol"]
        assert percent(row["return_1"]) in line.inner_text()
    page.get_by_role("textbox", name="Movers").click()
    page.get_by_role("option", name="any").click()
    expect(page.get_by_role("region", name="▼ Fell most").locator("tbody tr")).to_have_count(10)
    assert viewer.query == "?least=0"
    page.get_by_role("region", name="▲ Rose most").locator("a").first.click()
    expect(page.locator("h2", has_text=f"up to {LAST}")).to_be_visible()
    page.go_back()
    expect(page.locator("h2", has_text="Rose most")).to_be_visible()


def test_the_heat_map_says_of_what_it_knows_no_industry(shows: Opens) -> None:
    page = shows("/india").page
    [tiles] = drawn(page, "areas are turnover")
    tile = f"/{asked.NOT_KNOWN}/INE{SYMBOLS.index(UNLISTED):06}"
    assert tile in tiles["ids"]
    expect(page.locator("#body")).to_contain_text("Of 1 (")
    expect(page.locator("#body")).to_contain_text("the industry is not known")
    page.get_by_text("Market capitalisation", exact=True).click()
    expect(page.locator("h2", has_text="areas are market capitalisation")).to_be_visible()


def test_industries_are_the_sums_of_their_shares(market: Lakehouse) -> None:
    frame = asked.shares(market, LAST)
    found = {row["industry"]: row for row in asked.industries(frame).arrow().to_pylist()}
    assert {name: row["instruments"] for name, row in found.items()} == (
        market_lake.INDUSTRIES | {asked.NOT_KNOWN: 1, asked.FUNDS: 1}
    )
    banks = [row for row in frame.arrow().to_pylist() if row["industry"] == "Banks"]
    turnover = sum(row["turnover_inr"] for row in banks)
    mean = sum(row["turnover_inr"] * row["change"] for row in banks) / turnover
    assert found["Banks"]["turnover_inr"] == pytest.approx(turnover)
    assert found["Banks"]["change"] == pytest.approx(mean)


def test_prices_of_a_share_are_adjusted_or_as_published(shows: Opens, market: Lakehouse) -> None:
    viewer = shows(f"/india?view=share&symbol={SPLIT}&span=1m")
    page = viewer.page
    adjusted = market.equities(SPLIT, last=LAST, sessions=22, adjusted=LAST).arrow()["close"]
    candles = drawn(page, "prices adjusted")[0]["close"]
    assert candles == pytest.approx(adjusted.to_pylist())
    expect(page.locator("#body")).to_contain_text(f"{SPLIT_ON} split: FV SPLIT RS 10 TO RS 2")
    page.get_by_text("As published", exact=True).click()
    expect(page.locator("h2", has_text="prices as published")).to_be_visible()
    published = drawn(page, "prices as published")[0]["close"]
    assert published[0] == pytest.approx(5 * candles[0])
    page.get_by_text("3 months", exact=True).click()
    expect(page.locator("#body")).to_contain_text(f"{len(DAYS)} sessions from {DAYS[0]}")
    assert viewer.query == f"?view=share&symbol={SPLIT}&prices=published"
    viewer.assert_usable()


def test_a_share_has_its_news_on_the_axis_of_time(shows: Opens) -> None:
    viewer = shows(f"/india?view=share&symbol={NEWS_OF}", size=PHONE, scheme="dark")
    page = viewer.page
    marks = [one for one in drawn(page, "prices adjusted") if one.get("name") == "news"]
    assert [(one["x"], one["y"]) for one in marks] == [
        ([f"{LAST}"], [0.35]),
        ([f"{DAYS[-4]}"], [0]),
    ]
    expect(page.locator(".stories li")).to_have_count(4)
    expect(page.locator(".stories li", has_text="allotment")).to_contain_text("no score")
    viewer.assert_usable()


def test_news_is_by_topic_and_ticker(shows: Opens, market: Lakehouse) -> None:
    viewer = shows("/india?view=news")
    page = viewer.page
    found = told.news(market, LAST)
    topics = {row["topic"]: row["sentiment"] for row in found.topics.arrow().to_pylist()}
    assert topics == pytest.approx({"Finance": 0.055, "Economy": 0.42, "Weather": 0.0})
    weighted = (0.9 * 0.5 - 0.3 * 0.1) / 1.2
    [ticker] = drawn(page, "Sentiment by ticker")
    assert ticker["x"] == pytest.approx([weighted])
    expect(page.locator(".stories li")).to_have_count(5)
    page.get_by_role("textbox", name="Topic").click()
    page.get_by_role("option", name="Weather").click()
    expect(page.locator(".stories li")).to_have_count(1)
    assert viewer.query == "?view=news&topic=Weather"
    page.go_back()
    expect(page.locator(".stories li")).to_have_count(5)
    page.get_by_role("textbox", name="Ticker").click()
    page.get_by_role("option", name=f"NSE:{NEWS_OF}").click()
    expect(page.locator(".stories li")).to_have_count(4)
    viewer.assert_usable()


def test_addresses_of_articles_lead_to_the_web_alone(shows: Opens) -> None:
    page = shows("/india?view=news").page
    links = page.locator(".stories a[target]")
    for link in links.all():
        assert str(link.get_attribute("href")).startswith("https://")
        assert link.get_attribute("rel") == "noopener noreferrer"
    expect(page.locator(".stories")).to_contain_text("A bank is fined <b>again</b>")
    assert page.locator(".stories a", has_text="fined").count() == 0


def test_a_session_of_which_only_prices_are_there(
    opens_lake: Callable[..., Viewer], tmp_path: Path
) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    row = {"session_date": LAST, "symbol": "ALONE", "series": "EQ"}
    lake.replace(i.EQUITIES_DAILY, rows(i.EQUITIES_DAILY, row), [str(LAST)])
    viewer = opens_lake(tmp_path / "lake", "/india")
    expect(viewer.page.locator(".cards")).to_contain_text("not built yet")
    expect(viewer.page.locator("#body")).to_contain_text("No share with that turnover")
    viewer.open("/india?view=share")
    expect(viewer.page.locator("#body")).to_contain_text("Prices are as published")
    expect(viewer.page.locator("#body")).to_contain_text("No news about ALONE")
    viewer.open("/india?view=news")
    expect(viewer.page.locator("#body")).to_contain_text(f"No news of {LAST} is in the lake")
    viewer.open("/india?on=2024-12-18")
    expect(viewer.page.locator("#body")).to_contain_text("2024-12-18 has no prices in the lake")
    viewer.open("/india?on=2024-12-21")
    expect(viewer.page.locator("#body")).to_contain_text("no session of XNSE")
    viewer.assert_usable()


def test_a_share_that_is_misspelt_is_said(shows: Opens) -> None:
    page = shows("/india?view=share&symbol=BANKS11").page
    expect(page.locator("#body")).to_contain_text("did you mean BANKS1")
