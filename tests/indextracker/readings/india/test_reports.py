"""Corporate actions from their words, and levels of indices from their cells."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker.feeds.india.daily_report import CORPORATE_ACTIONS as FEED
from indextracker.feeds.india.daily_report import MARKET_CAPS as MARKET_CAPS_FEED
from indextracker.feeds.reading import read_new
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india import corporate_actions as actions
from indextracker.readings.india import index_closes as indices
from indextracker.readings.india import market_caps
from indextracker.readings.india.corporate_actions import Action
from indextracker.system.documents import Document
from indextracker_catalogue.india.silver import CORPORATE_ACTIONS, INDEX_CLOSES, MARKET_CAPS

SESSION = date(2025, 12, 16)


def types_of(table: object) -> dict[str, pa.DataType]:
    declared = {field.name: field.type for field in arrow_schema(table)}
    del declared["session_date"]
    return declared


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        ("BONUS 1:1", [Action("bonus", 1.0)]),
        ("Bonus 3:2", [Action("bonus", 1.5)]),
        # Preference shares, which leave the number of shares as it is.
        ("BONUS NCRPS 4:1", [Action("preference_bonus")]),
        ("FVSPLT FRM RS 10 TO RS 2", [Action("split", 5.0)]),
        ("FV SPLT FRM RS 2 TO RE 1", [Action("split", 2.0)]),
        ("FACE VALUE SPLIT FROM RS.10/- TO RS.5/-", [Action("split", 2.0)]),
        ("RIGHTS 45:301@PRM RS 290", [Action("rights", 45 / 301, 290.0)]),
        ("RIGHTS 1:3", [Action("rights", 1 / 3)]),
        ("INTDIV - RS 7 PER SH", [Action("dividend", amount_inr=7.0)]),
        ("AGM/DIV - RS 2.50 PER SHARE", [Action("dividend", amount_inr=2.5)]),
        ("DIV - RE .40 PER SH", [Action("dividend", amount_inr=0.4)]),
        ("DIV-RS 5 PER SH/SPL DIV-RS 3 PER SH", [Action("dividend", amount_inr=8.0)]),
        ("FVSPLT FRM RS 10 TO RS 5/BONUS 1:1", [Action("bonus", 1.0), Action("split", 2.0)]),
        ("DEMERGER", [Action("demerger")]),
        ("BUY BACK", [Action("buyback")]),
        ("INTEREST PAYMENT", [Action("interest")]),
        ("INTRST PAYMNT/PRT RDMPTN", [Action("interest"), Action("redemption")]),
        ("CAP RED", [Action("capital_reduction")]),
        ("ANNUAL GENERAL MEETING", [Action("other")]),
        # As the exchange's lists of the past write it.
        ("Rights 10:121@ Premium Rs 38/-", [Action("rights", 10 / 121, 38.0)]),
        ("Rights 11: 50 @ Premium Rs 0/-", [Action("rights", 11 / 50, 0.0)]),
        ("Rights At 2:1 At A Premium Of Rs.39.50 Per Share", [Action("rights", 2.0, 39.5)]),
        ("Rights Issue 4 : 25 @ Premium Rs 194/-", [Action("rights", 4 / 25, 194.0)]),
        ("Rights 5: 116 At Premium Rs 244", [Action("rights", 5 / 116, 244.0)]),
        ("Rights 1:1 @ Par", [Action("rights", 1.0, 0.0)]),
        ("Fv Split Rs.10 To Rs.2", [Action("split", 5.0)]),
        (
            "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share",
            [Action("split", 10.0)],
        ),
        (
            "Bonus 1:1 / Face Value Split From 10/- To Face Value 2/-",
            [Action("bonus", 1.0), Action("split", 5.0)],
        ),
        (
            "Consolidation Of Equity Shares From Re 1 Per Share To Rs 10 Per Share",
            [Action("split", 0.1)],
        ),
        # What they leave of a price cannot be told.
        ("Rights 1:1 @ Rs 10/-", [Action("rights", 1.0)]),
        ("Rights 1:11.10", [Action("rights")]),
        ("Rights Eq 1:20 @ Premium Rs.715 And 3 Warrants : 1 Eq", [Action("rights")]),
        ("Rights 4:25 Partly Paid Up Shares @ Premium Rs 605/-", [Action("rights")]),
        ("BONUS", [Action("bonus")]),
        ("Bonus Debentures", [Action("preference_bonus")]),
        ("STOCK SPLIT", [Action("split")]),
    ],
)
def test_the_words_of_an_action(purpose: str, expected: list[Action]) -> None:
    assert actions.actions(purpose) == expected


@given(new=st.integers(1, 999), held=st.integers(1, 999), face=st.integers(1, 100))
def test_a_ratio_is_new_shares_for_each_held(new: int, held: int, face: int) -> None:
    assert actions.actions(f"BONUS {new}:{held}") == [Action("bonus", new / held)]
    assert actions.actions(f"FVSPLT FRM RS {face * new} TO RS {face}") == [
        Action("split", float(new))
    ]


@given(st.text(max_size=60))
def test_any_words_are_some_action(purpose: str) -> None:
    assert actions.actions(purpose)


def test_the_actions_of_a_real_report(samples: Path) -> None:
    """Of 217 lines seven name two kinds: interest, and part of the loan."""
    body = (samples / "nse/PR161225.zip").read_bytes()
    lines = read_new(FEED, Document.of("PR161225.zip", body), SESSION)
    reading = actions.CORPORATE_ACTIONS
    assert reading.rejects(lines, SESSION).num_rows == 0
    filed = arrow_schema(actions.FILED_ACTIONS.table).empty_table()
    rows = actions.announced(lines.filter(reading.judge(lines, SESSION)), filed, SESSION)
    assert {field.name: field.type for field in rows.schema} == types_of(CORPORATE_ACTIONS)
    kinds = rows["kind"].to_pylist()
    counts = {kind: kinds.count(kind) for kind in ("bonus", "split", "rights", "dividend", "other")}
    assert counts == {"bonus": 6, "split": 10, "rights": 4, "dividend": 16, "other": 0}
    assert rows.num_rows == 224
    assert rows["ex_date"].null_count == 12
    assert rows["series"].null_count == 3


def test_the_market_caps_of_a_real_report(samples: Path) -> None:
    body = (samples / "nse/PR161225.zip").read_bytes()
    lines = read_new(MARKET_CAPS_FEED, Document.of("PR161225.zip", body), SESSION)
    reading = market_caps.MARKET_CAPS
    assert reading.rejects(lines, SESSION).num_rows == 0
    rows = market_caps.capitals(lines.filter(reading.judge(lines, SESSION)), SESSION)
    assert {field.name: field.type for field in rows.schema} == types_of(MARKET_CAPS)
    assert rows.num_rows == 2_766
    assert rows.slice(0, 1).to_pylist() == [
        {
            "symbol": "20MICRONS",
            "series": "EQ",
            "face_value_inr": 5.0,
            "issued_shares": 35_286_502,
            "market_cap_inr": Decimal("6913331471.85"),
        }
    ]


def bronze_of(cells: dict[str, str]) -> pa.Table:
    table = actions.CORPORATE_ACTIONS.table
    row = dict.fromkeys(table.column_names, "") | {"text": None, "line": 2, "session_date": SESSION}
    return pa.Table.from_pylist([row | cells], arrow_schema(table))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"ex_date": "2025-02-30"}, "unreadable ex date: 2025-02-30"),
        ({"record_date": "18-12-2025"}, "unreadable record date: 18-12-2025"),
        ({"purpose": ""}, "unreadable purpose: "),
        ({"symbol": ""}, "unreadable symbol: "),
    ],
)
def test_an_action_that_is_not_read_says_why(cells: dict[str, str], reason: str) -> None:
    lines = bronze_of({"symbol": "ALFA", "purpose": "BONUS 1:1", **cells})
    rejects = actions.CORPORATE_ACTIONS.rejects(lines, SESSION)
    assert rejects["reason"].to_pylist() == [reason]


def test_levels_are_typed() -> None:
    table = indices.INDEX_CLOSES.table
    same = {"index_date": "16-12-2025", "text": None, "document": "0", "session_date": SESSION}
    rows = [
        ["Nifty 50", "25951.5", "25980.75", "25834.35", "25860.1", "-167.2", "-.64", "281234567"],
        ["India VIX", "-", "-", "-", "10.06", "-.19", "-1.83", "-"],
        ["Nifty None", "1", "1", "1", "-", "0", "0", "0"],
    ]
    names = ("index_name", "open", "high", "low", "close", "points_change", "percent_change")
    more = [["20123.45", "22.5", "3.4", "1.2"], ["-"] * 4, ["-"] * 4]
    figures = ("turnover_crore", "price_to_earnings", "price_to_book", "dividend_yield")
    lines = pa.Table.from_pylist(
        [
            {**same, "line": place, **dict(zip((*names, "shares", *figures), cells, strict=True))}
            for place, cells in enumerate((a + b for a, b in zip(rows, more, strict=True)), 2)
        ],
        arrow_schema(table),
    )
    reading = indices.INDEX_CLOSES
    assert reading.rejects(lines, SESSION)["reason"].to_pylist() == ["unreadable close: -"]
    found = indices.levels(lines.filter(reading.judge(lines, SESSION)), SESSION)
    assert {field.name: field.type for field in found.schema} == types_of(INDEX_CLOSES)
    nifty, vix = found.to_pylist()
    assert (nifty["close"], nifty["percent_change"], nifty["shares"]) == (
        *(25860.1, -0.64),
        281_234_567,
    )
    assert nifty["turnover_inr"] == Decimal("201234500000.00")
    assert (nifty["price_to_earnings"], nifty["dividend_yield_percent"]) == (22.5, 1.2)
    assert (vix["open"], vix["shares"], vix["turnover_inr"]) == (None, None, None)
