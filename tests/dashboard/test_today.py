"""The page Today: each figure compared with SQL, other sessions, and what is missing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from support.lakehouse import FRIDAY, MONDAY
from support.viewer import Viewer

from indextracker import Lakehouse
from indextracker_dashboard.pages.today import missing

Opens = Callable[..., Viewer]
CLOSE = "select close from gold.index_sessions where index_id = 'TAIEX' and session_part = 'whole'"
FRONT = """
    select f.close, f.contracts, f.expiry from gold.futures_sessions f
    join silver.contracts c using (session_date, product, expiry)
    where product = 'TX' and c.expire_code = 'M' and f.session_part = 'whole'
"""
BASIS = """
    select f.close - i.close as basis from gold.futures_bars f
    join silver.contracts c using (session_date, product, expiry)
    join gold.index_bars i using (session_date, scale_minutes, bar_start)
    where f.product = 'TX' and c.expire_code = 'M' and i.index_id = 'TAIEX' and scale_minutes = 1
"""
PUT_CALL = """
    select sum(contracts) filter (where option_type = 'P')
        / sum(contracts) filter (where option_type = 'C') as ratio
    from gold.option_sessions where product = 'TXO' and session_part = 'whole'
"""
CHANGES = """
    select symbol, 100 * (close::double / previous_close::double - 1) as change, turnover_inr
    from silver.equities_daily where series = 'EQ' and previous_close > 0 and close is not null
"""


def tile(viewer: Viewer, name: str) -> list[str]:
    """The figure of a tile, and what stands beside it."""
    shown = viewer.page.locator(".tiles > div").filter(
        has=viewer.page.locator("dt").get_by_text(name)
    )
    return shown.locator("dd").all_inner_texts()


def test_every_figure_is_what_sql_says(opens: Opens, lakehouse: Lakehouse) -> None:
    def one(statement: str) -> dict[str, float]:
        return lakehouse.sql(statement).arrow().to_pylist()[0]

    viewer = opens("/today")
    of = f"and session_date = date '{MONDAY}'"
    now, before = (one(f"{CLOSE} and session_date = date '{day}'") for day in (MONDAY, FRIDAY))
    change = now["close"] - before["close"]
    assert tile(viewer, "TAIEX") == [
        f"{now['close']:,.2f}",
        f"{'▲' if change > 0 else '▼'} {change:+,.2f} ({change / before['close']:+.2%})",
    ]
    front = one(f"{FRONT} {of}")
    assert tile(viewer, f"TX M ({front['expiry']})")[0] == f"{front['close']:,.0f}"
    assert tile(viewer, "Turnover")[0] == f"{front['contracts']:,}"
    basis = one(f"{BASIS} {of} order by bar_start desc limit 1")["basis"]
    assert tile(viewer, "Basis")[0] == f"{basis:+,.2f}"
    ratio = one(f"{PUT_CALL} {of}")["ratio"]
    assert tile(viewer, "Put/call")[0] == f"{ratio:.2f}"

    shares = lakehouse.sql(f"{CHANGES} {of} order by change desc, symbol").arrow().to_pylist()
    assert tile(viewer, "Rising")[0] == f"{sum(row['change'] > 0 for row in shares):,}"
    assert tile(viewer, "Falling")[0] == f"{sum(row['change'] < 0 for row in shares):,}"
    rises = viewer.page.get_by_role("region", name="Greatest rises")
    for row in shares[:5]:
        expect(rises.get_by_role("gridcell", name=row["symbol"], exact=True)).to_be_visible()
        expect(rises.get_by_role("gridcell", name=f"{row['change']:+.2f}")).to_be_visible()


def test_another_session_is_chosen_and_gone_back_from(opens: Opens) -> None:
    viewer = opens("/today")
    of = viewer.page.locator(".of").first
    expect(of).to_have_text(f"Session of {MONDAY}")
    field = viewer.page.get_by_label("Session")
    field.fill(str(FRIDAY))
    field.press("Enter")
    field.press("Tab")
    expect(of).to_have_text(f"Session of {FRIDAY}")
    assert viewer.query == f"?on={FRIDAY}"
    viewer.page.go_back()
    expect(of).to_have_text(f"Session of {MONDAY}")
    expect(field).to_have_value("")


def test_a_day_without_a_session_says_which_are_near(opens: Opens) -> None:
    viewer = opens("/today?on=2024-12-15")
    expect(viewer.page.locator("#body")).to_contain_text("the nearest are 2024-12-13")
    viewer.assert_usable()


def test_missing_documents_are_named_with_their_reasons(opens: Opens) -> None:
    viewer = opens("/today?on=2024-12-12")
    listed = viewer.page.get_by_role("region", name="Missing documents")
    expect(listed).to_contain_text("taifex_futures")
    expect(listed).to_contain_text("not asked for yet")
    viewer.assert_usable()


def test_what_no_publisher_ever_had_is_not_missing(lakehouse: Lakehouse) -> None:
    states = lakehouse.states("india", first=MONDAY, last=MONDAY).rows["state"].to_pylist()
    assert "never" in states
    assert "never" not in missing(lakehouse, MONDAY).rows["state"].to_pylist()
