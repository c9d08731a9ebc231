"""The pages Strategies and Compare: a run is watched, runs are compared, a trade has its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from playwright.sync_api import expect
from support.homes import Home
from support.viewer import PHONE, Viewer, drawn

from indextracker import Lakehouse
from indextracker_simulator.files import DAYS, company, history

Opens = Callable[..., Viewer]
SEED, COMPANIES = 7, 3
FIRST, LAST = date(2014, 1, 1), date(2019, 12, 31)
GRID = (
    *("--on", "mine", "--to-layer", "gold", "--to", "2016-12-31"),
    *("--set", "fast=5,10", "--set", "slow=50"),
)


def csv_of(number: int) -> tuple[str, str]:
    """The ticker of a company, and a file of its daily prices."""
    of = company(SEED, number)
    prices = history(SEED, number, of)
    inside = (np.datetime64(FIRST) <= DAYS) & (np.datetime64(LAST) >= DAYS)
    lines = ["Date,Open,High,Low,Close,Volume"]
    columns = [getattr(prices, name)[inside] for name in ("open", "high", "low", "close", "volume")]
    for day, *values in zip(DAYS[inside], *columns, strict=True):
        lines.append(",".join([str(day), *(f"{value:.4f}" for value in values)]))
    return of.ticker, "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a collection as the page Files keeps it, and two runs over it."""
    home = Home(tmp_path_factory.mktemp("strategies"))
    folder = home.folder / "uploads" / "mine"
    folder.mkdir(parents=True)
    sectors = ["ticker,sector"]
    for number in range(COMPANIES):
        ticker, text = csv_of(number)
        (folder / f"{ticker}.csv").write_text(text, encoding="utf-8")
        sectors.append(f"{ticker},{'ENERGY' if number else 'FINANCE'}")
    companies = home.folder / "companies.csv"
    companies.write_text("\n".join(sectors), encoding="utf-8")
    crossover = ("crossover", "--on", "mine", "--to-layer", "gold", "--cost-bps=10")
    for command in (
        ("files", "detect", str(folder)),
        ("files", "confirm", str(folder), "--yes", "--answer", "ticker=yes"),
        ("files", "load", str(folder), "--collection", "mine"),
        ("strategy", "run", "buy_and_hold", "--on", "mine", "--to-layer", "gold"),
        ("strategy", "run", *crossover, "--companies", str(companies)),
        ("strategy", "run", "crossover", *GRID),
        ("strategy", "run", "crossover", *GRID, "--walk-forward", "1"),
    ):
        done = home.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture
def shows(opens_lake: Callable[..., Viewer], home: Home) -> Opens:
    """Opens a page of the home."""
    return lambda path, **how: opens_lake(home.lake, path, **how)


@pytest.fixture
def asks(home: Home) -> Callable[..., list[dict[str, object]]]:
    """Asks the lake of the home."""
    return lambda sql: Lakehouse(home.lake).sql(sql).arrow().to_pylist()


def test_a_run_is_chosen_by_sliders_watched_and_listed(shows: Opens, asks: Opens) -> None:
    viewer = shows("/strategies?strategy=crossover&on=mine&last=2016-12-31")
    page = viewer.page
    fast = page.get_by_role("slider", name="fast")
    fast.focus()
    for _ in range(3):
        fast.press("ArrowRight")
    page.wait_for_url(re.compile(r"crossover\.fast(=|%3D)23"))
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#strategy-said, #strategy-done")).to_be_visible()
    # It goes on while the page is left.
    page.get_by_role("link", name="SQL").click()
    page.go_back()
    expect(page.locator("#strategy-done")).to_contain_text("--set=fast=23")
    runs = page.get_by_role("region", name="Runs")
    expect(runs).to_contain_text("fast=23")
    viewer.assert_usable()
    [made] = asks("select last_date, universe from gold.strategy_runs where parameters like '%23%'")
    assert made == {"last_date": date(2016, 12, 31), "universe": "mine"}
    shows("/strategies", size=PHONE, scheme="dark").assert_usable()


def test_a_start_that_is_refused_says_why(shows: Opens) -> None:
    page = shows("/strategies?strategy=bollinger&last=2016-12-31").page
    run, refused = page.get_by_role("button", name="Run"), page.locator("#strategy-refused")
    run.click()
    expect(refused).to_have_text("It was not begun: no prices are chosen.")
    page = shows("/strategies?strategy=bollinger&on=mine&last=2016-12-31").page
    run, refused = page.get_by_role("button", name="Run"), page.locator("#strategy-refused")
    run.click()
    expect(page.locator("#strategy-said")).to_be_visible()
    run.click()
    expect(refused).to_have_text("It was not begun: this is being done already.")
    expect(page.locator("#strategy-done")).to_contain_text("bollinger")


def test_a_grid_and_years_are_shown_with_their_parts(shows: Opens, asks: Opens) -> None:
    runs = {
        str(row["kind"]): str(row["run_id"])
        for row in asks("select kind, run_id from gold.strategy_runs where kind <> 'run'")
    }
    viewer = shows(f"/compare?runs={runs['grid']},{runs['walk_forward']}")
    page = viewer.page
    [deflated] = asks(
        "select deflated_sharpe from gold.strategy_figures "
        f"where run_id = '{runs['grid']}' and scope = 'run'"
    )
    expect(page.locator("#body")).to_contain_text(
        f"2 runs. Deflated Sharpe ratio: {deflated['deflated_sharpe']:.3f}."
    )
    [best] = asks(
        "select part_run_id, parameters from gold.strategy_parts "
        f"where run_id = '{runs['grid']}' and is_best"
    )
    grid = page.get_by_role("region", name=re.compile("Parts of crossover .*grid"))
    first = grid.locator("tbody tr").first
    expect(first).to_have_class("here")
    expect(grid.locator("tbody tr")).to_have_count(2)
    years = page.get_by_role("region", name=re.compile("Parts of crossover .*year after year"))
    expect(years.locator("tbody tr th")).to_have_text(
        ["2015-01-01 to 2015-12-31", "2016-01-01 to 2016-12-31"]
    )
    viewer.assert_usable()
    first.get_by_role("link").click()
    page.wait_for_url(f"**runs={best['part_run_id']}*")


def test_runs_are_compared_down_to_the_line_of_a_trade(
    shows: Opens, asks: Opens, home: Home
) -> None:
    ids = [
        str(row["run_id"])
        for row in asks(
            "select run_id from gold.strategy_runs where last_date > '2019-01-01' "
            "and kind = 'run' order by strategy desc"
        )
    ]
    [growth] = asks(
        "select 1 + profit / (select sum(paid_in) from gold.strategy_equity e "
        f"where e.run_id = f.run_id) as growth from gold.strategy_figures f "
        f"where scope = 'run' and run_id = '{ids[0]}'"
    )
    viewer = shows(f"/compare?runs={','.join(ids)}&scale=log")
    page = viewer.page
    crossover, held = drawn(page, "Equity")
    assert crossover["y"][-1] == pytest.approx(growth["growth"])
    assert len(held["y"]) == len(crossover["y"])
    falls, _ = drawn(page, "Drawdown")
    [figures] = asks(
        "select max_drawdown from gold.strategy_figures "
        f"where scope = 'run' and run_id = '{ids[0]}'"
    )
    assert min(falls["y"]) == pytest.approx(figures["max_drawdown"])
    expect(page.get_by_role("region", name="Figures").first).to_contain_text(" to ")
    viewer.assert_usable()

    # The years by the slider.
    slider = page.get_by_role("slider", name="First year")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**years=2015*")
    months = page.get_by_role("region", name="by month").first
    expect(months.locator("tbody tr")).to_have_count(5)

    # A trade leads to its line.
    trades = page.get_by_role("region", name="Trades")
    row = trades.locator("tbody tr").first
    ticker, line = row.locator("th").inner_text(), row.locator("td").last.inner_text()
    row.locator("td").last.get_by_role("link").click()
    place = int(line.replace(",", ""))
    text = (home.folder / "uploads" / "mine" / f"{ticker}.csv").read_text("utf-8")
    expect(page.locator("#compare-line")).to_have_text(text.splitlines()[place - 1])
    row.get_by_role("link", name=ticker).click()
    page.wait_for_url(f"**ticker={ticker}*")
    candles, bought, _ = drawn(page, f"Trades of {ticker} on its candles")
    assert candles["x"][0] >= "2015"
    assert bought["x"]
    viewer.assert_usable()
    again = shows(f"/compare{viewer.query}", size=PHONE, scheme="dark")
    expect(again.page.locator("#compare-line")).to_be_visible()
    slider = again.page.locator(".rangeslider-bg").first
    filled = slider.evaluate("one => getComputedStyle(one).fill")
    assert max(map(int, re.findall(r"\d+", filled)[:3])) < 100, "it is light in the dark"
    again.assert_usable()


def test_a_sector_is_looked_at_alone(shows: Opens, asks: Opens) -> None:
    [run] = asks(
        "select f.run_id, profit, max_drawdown, sum(paid_in) as paid_in "
        "from gold.strategy_figures f join gold.strategy_runs r using (run_id) "
        "join gold.strategy_accounts a on a.run_id = f.run_id and a.ticker in (select name "
        "from gold.strategy_figures where sector = 'ENERGY') "
        "where scope = 'sector' and name = 'ENERGY' and kind = 'run' group by all"
    )
    viewer = shows(f"/compare?runs={run['run_id']}&sector=ENERGY&scope=ticker")
    [equity], [fall] = drawn(viewer.page, "Equity"), drawn(viewer.page, "Drawdown")
    assert equity["y"][-1] == pytest.approx(1 + run["profit"] / run["paid_in"])
    assert min(fall["y"]) == pytest.approx(run["max_drawdown"])
    answer = viewer.page.request.get(
        f"{viewer.address}/download/compare/trades.csv?runs={run['run_id']}&sector=ENERGY"
    )
    inside = {csv_of(number)[0] for number in range(1, COMPANIES)}
    assert {row["ticker"] for row in csv.DictReader(io.StringIO(answer.text()))} == inside
    viewer.assert_usable()


def test_trades_are_downloaded_as_they_are_shown(
    opens_lake: Callable[..., Viewer], home: Home, asks: Opens
) -> None:
    [run] = asks("select run_id, trades from gold.strategy_runs where strategy = 'buy_and_hold'")
    viewer = opens_lake(home.lake, f"/compare?runs={run['run_id']}")
    answer = viewer.page.request.get(
        f"{viewer.address}/download/compare/trades.csv?runs={run['run_id']}"
    )
    rows = list(csv.DictReader(io.StringIO(answer.text())))
    assert len(rows) == run["trades"] == COMPANIES
    assert {row["side"] for row in rows} == {"buy"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/strategies?strategy=nothing", "there is no strategy"),
        ("/strategies?strategy=crossover&set=crossover.fast=0", "fast is 1 to 1000"),
        ("/strategies?strategy=crossover&set=crossover.slower=5", "has no parameter"),
        ("/compare?runs=0000000000", "there is no run"),
        ("/compare?years=2010", "years are the first and the last"),
    ],
)
def test_what_cannot_be_run_or_compared_is_said(shows: Opens, path: str, said: str) -> None:
    expect(shows(path).page.locator("#body")).to_contain_text(said, ignore_case=True)
