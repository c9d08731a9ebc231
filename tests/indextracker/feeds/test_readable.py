"""A document may have a few lines that cannot be read; with more it is refused."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from support.documents import accepted, decoded

from indextracker.feeds import FEEDS, Refusal

TRADES = FEEDS["finmind_trades"]
DAY = date(2024, 12, 16)
TRADE = {
    "date": "2024-12-16",
    "stock_id": "006204",
    "deal_price": 90.05,
    "volume": 10,
    "Time": "09:00:00.000000000",
    "TickType": 0,
}


def trades(lines: int, bad: int) -> bytes:
    """Trades of which the last ones have the price of none."""
    data = [TRADE] * (lines - bad) + [TRADE | {"deal_price": 0.0}] * bad
    return json.dumps({"msg": "success", "status": 200, "data": data}).encode()


@pytest.mark.parametrize(
    ("lines", "bad"), [(0, 0), (1, 0), (2, 1), (3, 1), (20, 10), (1000, 10), (2000, 20)]
)
def test_slips_are_borne(lines: int, bad: int) -> None:
    accepted(TRADES, trades(lines, bad), DAY)


@pytest.mark.parametrize(
    ("lines", "bad"), [(1, 1), (3, 2), (3, 3), (19, 10), (25, 11), (1000, 11), (2000, 21)]
)
def test_another_layout_is_refused_with_its_first_line(lines: int, bad: int) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(TRADES, trades(lines, bad), DAY)
    assert caught.value.state == "refused"
    assert caught.value.reason.startswith(
        f"TaiwanStockPriceTick_006204_2024-12-16: {bad:,} of {lines:,} lines cannot be read"
    )
    first = f"line {lines - bad + 1}: '2024-12-16,006204,0.0,10,09:00:00.000000000,0'"
    assert first in caught.value.reason


def test_what_was_accepted_is_decoded_again_whatever_the_bound_is() -> None:
    assert decoded(TRADES, trades(3, 3), DAY).num_rows == 3


def test_an_index_without_levels_makes_no_other_layout(index_json: Callable[..., bytes]) -> None:
    """But TAIEX does, and a report without readable times."""
    index, day = FEEDS["twse_index"], date(2023, 1, 30)
    times = ("09:00:00", "09:00:05", "13:30:00")
    accepted(index, index_json(data=[[time, "15,400.10", "--"] for time in times]), day)
    for level in ("--", "0.00", ""):
        with pytest.raises(Refusal, match="3 of 3 lines cannot be read"):
            accepted(index, index_json(data=[[time, level, "163.00"] for time in times]), day)
