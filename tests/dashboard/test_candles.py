"""The page Candles: what is drawn is what the reader says, wherever people go with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from support.viewer import PHONE, Viewer

from indextracker import Lakehouse

Opens = Callable[..., Viewer]
FRIDAY, MONDAY = "2024-12-13", "2024-12-16"
BOTH = ["2024-12-13", "2024-12-16"]


def opened(opens: Opens, query: str, **how: object) -> Viewer:
    """The page in a state, once its chart is drawn."""
    viewer = opens(f"/candles?{query}", **how)
    expect(viewer.page.locator("#candles-legend .when")).to_be_visible()
    return viewer


def legend(page: Page) -> tuple[str, dict[str, str]]:
    """What the line above the chart says at one moment: of which bar, and its figures by name."""
    when, *said = page.locator("#candles-legend > *").all_inner_texts()
    named = (re.split(r"\s+(?=[\d–-])", text.strip(), maxsplit=1) for text in said)
    return when, {parts[0]: parts[1] for parts in named if len(parts) == 2}


def number(text: str) -> float:
    return float(text.replace(",", ""))


def downloaded(viewer: Viewer, name: str = "bars as CSV") -> list[dict[str, str]]:
    """The rows of a download of the page."""
    link = viewer.page.get_by_role("link", name=name).get_attribute("href")
    with urlopen(f"{viewer.address}{link}") as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def drag(page: Page, pixels: int) -> None:
    """Moves the chart to the right, that is to earlier bars, as a hand does."""
    box = page.locator("#candles-chart").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(x + pixels * part / 5, y)
        # A hand is slower than the chart draws.
        page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()


def test_what_is_shown_of_a_bar_is_what_the_reader_says(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opened(opens, f"scale=5&last={MONDAY}&sessions=1&over=TAIEX")
    box = viewer.page.locator("#candles-chart").bounding_box()
    assert box
    # In the day, when the index is there too.
    viewer.page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + box["height"] / 3)
    expect(viewer.page.locator("#candles-legend .when")).not_to_contain_text("13:4")
    viewer.settle()
    when, said = legend(viewer.page)
    told = re.fullmatch(r"\w{3} (\S+ \S+) · day · (\d{6})", when)
    assert told
    [bar] = lakehouse.sql(
        "select * from gold.futures_bars where product = 'TX' and scale_minutes = 5 "
        f"and expiry = '{told[2]}' and session_date = '{MONDAY}' "
        f"and bar_start = timestamptz '{told[1]}:00+08'"
    ).rows.to_pylist()
    [level] = lakehouse.sql(
        "select close from gold.index_bars where index_id = 'TAIEX' and scale_minutes = 5 "
        f"and bar_start = timestamptz '{told[1]}:00+08'"
    ).rows.to_pylist()
    assert [number(said[name]) for name in "OHLC"] == [
        bar[name] for name in ("open", "high", "low", "close")
    ]
    assert number(said["contracts"]) == bar["contracts"]
    basis = re.fullmatch(r"([\d,.]+) \(TX M ([+-][\d,.]+)\)", said["TAIEX"])
    assert basis
    assert number(basis[1]) == level["close"]
    assert number(basis[2]) == pytest.approx(bar["close"] - level["close"])
    [vwap] = lakehouse.sql(
        "select sum(price * contracts) / sum(contracts) as vwap from silver.futures_trades "
        f"where product = 'TX' and expiry = '{told[2]}' and session_date = '{MONDAY}' "
        f"and traded_at < timestamptz '{told[1]}:00+08' + interval 5 minute"
    ).rows.to_pylist()
    assert number(said["VWAP"]) == pytest.approx(vwap["vwap"], abs=0.005)


def test_a_download_has_every_bar_that_is_drawn(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opened(opens, f"scale=15&last={MONDAY}&sessions=2&over=TAIEX")
    rows = downloaded(viewer)
    ours = [row for row in rows if row["instrument"] == "TX M"]
    bars = lakehouse.bars("TX", "M", minutes=15, sessions=BOTH).rows.to_pylist()
    assert [
        (datetime.fromisoformat(row["bar_start"]), row["contract"], row["session_part"])
        for row in ours
    ] == [(bar["bar_start"], bar["expiry"], bar["session_part"]) for bar in bars]
    for name, column in (("close", "close"), ("volume", "contracts"), ("high", "high")):
        found = [float(row[name]) if row[name] else None for row in ours]
        assert found == [bar[column] for bar in bars]
    levels = lakehouse.bars("TAIEX", minutes=15, sessions=BOTH).rows["close"].to_pylist()
    assert [float(row["close"]) for row in rows if row["instrument"] == "TAIEX"] == levels
    assert ours[0]["bar_start"].endswith("+0800")


def test_keys_go_from_session_to_session_and_the_back_button_returns(opens: Opens) -> None:
    viewer = opened(opens, f"last={MONDAY}&sessions=1")
    said = viewer.page.locator("#candles-range")
    expect(said).to_contain_text(f"session {MONDAY}")
    viewer.page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text(f"session {FRIDAY}")
    assert f"last={FRIDAY}" in viewer.query
    viewer.page.get_by_role("button", name="Next session").click()
    expect(said).to_contain_text(f"session {MONDAY}")
    viewer.page.go_back()
    expect(said).to_contain_text(f"session {FRIDAY}")
    expect(viewer.page.get_by_label("Last session")).to_have_value(FRIDAY)


def test_earlier_sessions_follow_while_the_chart_is_moved_and_the_address_holds_the_view(
    opens: Opens,
) -> None:
    viewer = opened(opens, "scale=5&sessions=1")
    drag(viewer.page, 500)
    said = viewer.page.locator("#candles-range")
    expect(said).to_contain_text(f"sessions {FRIDAY} to {MONDAY}")
    viewer.settle()
    view = parse_qs(viewer.query.removeprefix("?"))
    assert view["sessions"] == ["2"]
    again = opened(opens, viewer.query.removeprefix("?"))
    expect(again.page.locator("#candles-range")).to_contain_text(f"{FRIDAY} to {MONDAY}")
    rows = downloaded(again)
    first, last = (datetime.fromisoformat(rows[place]["bar_start"]) for place in (0, -1))
    assert [first, last] == [datetime.fromisoformat(view[name][0]) for name in ("begin", "end")]
    when, _ = legend(again.page)
    assert last.strftime("%a %Y-%m-%d %H:%M") in when


def test_every_control_changes_the_address_and_the_chart(opens: Opens) -> None:
    viewer = opened(opens, "")
    page, said = viewer.page, viewer.page.locator("#candles-range")

    def choose(label: str, option: str) -> None:
        page.get_by_role("textbox", name=label, exact=True).click()
        page.get_by_role("option", name=option, exact=True).click()

    choose("Bars of", "30 minutes")
    expect(said).to_contain_text("30 minutes")
    choose("Contract", "M+1 · 202501")
    expect(said).to_contain_text("TX M+1")
    page.get_by_role("textbox", name="Sessions", exact=True).fill("2")
    expect(said).to_contain_text(f"sessions {FRIDAY} to {MONDAY}")
    page.get_by_text("UTC", exact=True).click()
    expect(said).to_contain_text("times of UTC")
    page.get_by_role("textbox", name="Drawn over it").fill("TAIEX")
    page.get_by_role("textbox", name="Drawn over it").press("Enter")
    expect(page.locator("#candles-legend")).to_contain_text("TAIEX")
    page.keyboard.press("Escape")
    state = parse_qs(viewer.query.removeprefix("?"))
    assert {name: value[0] for name, value in state.items()} == {
        "scale": "30",
        "contract": "M+1",
        "sessions": "2",
        "zone": "utc",
        "over": "TAIEX",
    }
    choose("Instrument", "TAIEX · index")
    expect(said).to_contain_text("TAIEX, 30 minutes")
    expect(page.get_by_role("textbox", name="Contract")).to_be_hidden()


def test_the_clock_is_the_exchange_s_or_utc_or_the_viewer_s(opens: Opens) -> None:
    clocks = {"exchange": "13:40", "utc": "05:40", "viewer": "00:40"}
    for zone, told in clocks.items():
        viewer = opened(
            opens, f"sessions=1&last={MONDAY}&zone={zone}", timezone_id="America/New_York"
        )
        expect(viewer.page.locator("#candles-legend .when")).to_contain_text(f"{MONDAY} {told}")


def test_options_begin_with_the_series_that_was_traded_most(
    opens: Opens, lakehouse: Lakehouse
) -> None:
    viewer = opened(opens, f"instrument=TXO&last={MONDAY}&sessions=1&scale=60")
    [most] = lakehouse.sql(
        "select strike, option_type from gold.option_sessions join silver.contracts "
        "using (session_date, product, expiry) where product = 'TXO' and expire_code = 'M' "
        f"and session_part = 'whole' and session_date = '{MONDAY}' order by contracts desc limit 1"
    ).rows.to_pylist()
    named = f"TXO M {most['strike'].normalize():f} {most['option_type']}"
    expect(viewer.page.locator("#candles-range")).to_contain_text(named)
    expect(viewer.page.get_by_role("textbox", name="Strike")).to_be_visible()


def test_shares_and_indices_of_nse_have_sessions(opens: Opens, lakehouse: Lakehouse) -> None:
    daily = lakehouse.equities(series="EQ", sessions=[MONDAY]).rows.to_pylist()
    row = max(daily, key=lambda one: one["shares"])
    viewer = opened(
        opens, f"instrument=NSE:{row['symbol']}&scale=session&last={MONDAY}&prices=published"
    )
    _, said = legend(viewer.page)
    assert [number(said[name]) for name in "OHLC"] == [
        row[name] for name in ("open", "high", "low", "close")
    ]
    assert number(said["shares"]) == row["shares"]
    viewer = opens(f"/candles?instrument=NSE:{row['symbol']}&scale=5")
    expect(viewer.page.locator("#candles-wrong")).to_contain_text("a session, a week and a month")


def test_what_is_missing_is_said_with_its_reason(opens: Opens, lakehouse: Lakehouse) -> None:
    viewer = opened(opens, f"last={MONDAY}&sessions=3")
    [gap] = (
        lakehouse.bars("TX", "M", minutes=5, first="2024-12-12", last=MONDAY)
        .missing.rows["reason"]
        .to_pylist()
    )
    missing = viewer.page.locator("#candles-missing")
    expect(missing).to_contain_text("2024-12-12 is missing")
    expect(missing).to_contain_text(gap)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("instrument=TXF", "did you mean TX"),
        ("contract=203012", "no expiry '203012' of TX"),
        ("scale=7", "7 minutes do not divide a day"),
        ("scale=720", "a night and a day"),
        ("over=XX", "XX is not drawn"),
        ("instrument=LSE:VOD", "no market 'LSE'"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(opens: Opens, query: str, said: str) -> None:
    viewer = opens(f"/candles?{query}")
    expect(viewer.page.locator("main")).to_contain_text(said)
    viewer.settle()
    assert viewer.query == f"?{query}"


def test_a_picture_is_saved(opens: Opens) -> None:
    viewer = opened(opens, f"last={MONDAY}&sessions=1")
    with viewer.page.expect_download() as saved:
        viewer.page.get_by_role("button", name="Save as PNG").click()
    assert saved.value.suggested_filename == f"TX-M-{MONDAY}.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_chart_is_usable_on_a_phone_in_the_dark(opens: Opens) -> None:
    viewer = opened(opens, f"last={MONDAY}&over=TAIEX", size=PHONE, scheme="dark")
    viewer.assert_usable()
