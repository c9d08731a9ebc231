"""What corporate actions leave of prices, against the rules and against the simulated exchange."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from spark.frames import Frames
from spark.india import lists
from support.nse_months import Months

from indextracker.readings.india import corporate_actions
from indextracker_catalogue import india as t
from indextracker_simulator.india.truth import adjusted
from indextracker_spark.india import adjustments
from indextracker_spark.india.adjustments import equities_adjusted
from indextracker_spark.india.instruments import instruments
from indextracker_spark.job import conform

Row = dict[str, Any]

# A Thursday to the Wednesday after it.
DAYS = [date(2024, 10, day) for day in (24, 25, 28, 29, 30)]
EX_DATE = DAYS[2]

AS_OF = """
    with steps as (
        select distinct instrument_id, session_date, factor
        from equities_adjusted
        where factor <> 1 and session_date <= date '{day}'
    )
    select
        e.session_date,
        e.symbol,
        e.series,
        any_value(e.close) * coalesce(product(s.factor), 1) as adjusted_close
    from equities_adjusted as e
    left join steps as s
        on e.instrument_id = s.instrument_id
        and e.session_date < s.session_date
    where e.session_date <= date '{day}'
    group by e.session_date, e.symbol, e.series
"""


def as_of(rows: pa.Table, day: date) -> dict[tuple[date, str, str], float]:
    """Closes as of a day, by session, symbol and series."""
    with duckdb.connect() as connection:
        connection.register("equities_adjusted", rows)
        found = connection.sql(AS_OF.format(day=day)).fetchall()
    return {(session, symbol, series): close for session, symbol, series, close in found}


class Market:
    """Securities of a few sessions, and what is announced of them."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.equities: list[Row] = []
        self.announced: list[Row] = []
        self.caps: list[Row] = []

    def trades(
        self, symbol: str, closes: Sequence[float | None], series: str = "EQ", isin: str = ""
    ) -> None:
        """Closes of the sessions; None where there was no trade."""
        before = None
        for day, close in zip(DAYS, closes, strict=False):
            if close is None:
                continue
            row = {"session_date": day, "symbol": symbol, "series": series, "isin": isin or None}
            prices = dict.fromkeys(("open", "high", "low", "close"), close)
            self.equities.append(row | prices | {"previous_close": before, "shares": 1_000})
            before = close

    def announces(self, symbol: str, purpose: str, *days: date, ex_date: date = EX_DATE) -> None:
        """An action in the reports of some days, a row for each series."""
        for day in days or (DAYS[1],):
            for series in ("BE", "EQ", "T0"):
                self.announced += [
                    {
                        "session_date": day,
                        "line": len(self.announced),
                        "ex_date": ex_date,
                        "symbol": symbol,
                        "series": series,
                        "kind": action.kind,
                        "ratio": action.ratio,
                        "amount_inr": action.amount_inr,
                        "text": purpose,
                    }
                    for action in corporate_actions.actions(purpose)
                ]

    def rows(self) -> pa.Table:
        equities = self._frames.of(t.EQUITIES_DAILY, self.equities)
        announced = self._frames.of(t.CORPORATE_ACTIONS, self.announced)
        found = equities_adjusted(
            equities,
            announced,
            self._frames.of(t.MARKET_CAPS, self.caps),
            instruments(equities, *lists.none(self._frames)),
            adjustments.lists(announced),
        )
        return conform(found, t.EQUITIES_ADJUSTED).toArrow()

    def effects(self) -> dict[tuple[str, date], tuple[float | None, str]]:
        """The factors and the kinds of what takes effect, by symbol and session."""
        return {
            (row["symbol"], row["session_date"]): (row["factor"], row["actions"])
            for row in self.rows().to_pylist()
            if row["actions"]
        }


@pytest.fixture
def market(frames: Frames) -> Market:
    return Market(frames)


@pytest.mark.parametrize(
    ("purpose", "factor"),
    [
        ("BONUS 1:1", 1 / 2),
        ("BONUS 3:5", 5 / 8),
        ("FVSPLT FRM RS 10 TO RS 2", 1 / 5),
        ("FVSPLT FRM RS 10 TO RS 5/BONUS 1:1", 1 / 4),
        ("RIGHTS 1:4@PRM RS 50", (4 * 100 + 60) / (5 * 100)),
        ("RIGHTS 1:4", None),  # at what price it does not say
        ("BONUS NCRPS 4:1", 1.0),
        ("INTDIV - RS 7 PER SH", 1.0),
        ("DEMERGER", 1.0),
    ],
)
def test_the_factor_of_an_action(market: Market, purpose: str, factor: float | None) -> None:
    market.trades("ALFA", [100.0, 100.0, 60.0])
    market.caps = [
        {"session_date": DAYS[1], "symbol": "ALFA", "series": "EQ", "face_value_inr": 10.0}
    ]
    market.announces("ALFA", purpose)
    ((place, (found, _)),) = market.effects().items()
    assert place == ("ALFA", EX_DATE)
    assert found == (factor and pytest.approx(factor, rel=1e-15))


FILED = {"document": "list", "face_value_inr": 10.0}


@pytest.mark.parametrize(
    ("purpose", "filed", "factor", "missing"),
    [
        ("RIGHTS 1:4@PRM RS 50", FILED, (4 * 100 + 60) / (5 * 100), None),
        ("RIGHTS 1:4@PRM RS 50", {}, None, "rights without a face value"),
        ("RIGHTS 1:4", FILED, None, "rights without a price"),
        ("BONUS 1:1/RIGHTS 1:4", FILED, None, "rights without a price"),
        ("BONUS", FILED, None, "bonus without a ratio"),
    ],
)
def test_a_list_of_the_past_has_its_face_values_or_the_row_says_what_is_missing(
    market: Market, purpose: str, filed: Row, factor: float | None, missing: str | None
) -> None:
    """No report of the day has any face value."""
    market.trades("ALFA", [100.0, 100.0, 60.0])
    market.announces("ALFA", purpose)
    for row in market.announced:
        row.update(filed)
    [found] = [row for row in market.rows().to_pylist() if row["actions"]]
    assert found["factor"] == (factor and pytest.approx(factor, rel=1e-15))
    assert found["factor_missing"] == missing


def test_an_action_counts_once_however_often_it_is_announced(market: Market) -> None:
    market.trades("ALFA", [100.0, 100.0, 50.0])
    market.announces("ALFA", "BONUS 1:1", *DAYS[:3])
    assert market.effects() == {("ALFA", EX_DATE): (0.5, "bonus")}


def test_the_last_announcement_counts(market: Market) -> None:
    market.trades("ALFA", [100.0, 100.0, 50.0])
    market.announces("ALFA", "BONUS 1:2", DAYS[0])
    market.announces("ALFA", "BONUS 1:1", DAYS[1])
    assert market.effects() == {("ALFA", EX_DATE): (0.5, "bonus")}


def test_an_action_takes_effect_with_the_next_trade(market: Market) -> None:
    market.trades("ALFA", [100.0, 100.0, None, 50.0, 51.0])
    market.announces("ALFA", "BONUS 1:1")
    market.trades("BETA", [100.0, 100.0, 50.0])
    # A Sunday.
    market.announces("BETA", "BONUS 1:1", ex_date=date(2024, 10, 27))
    assert market.effects() == {
        ("ALFA", DAYS[3]): (0.5, "bonus"),
        ("BETA", EX_DATE): (0.5, "bonus"),
    }


def test_an_action_follows_a_share_to_its_new_symbol_and_series(market: Market) -> None:
    """It was announced under the old one; who has the old one later is another."""
    market.trades("ALFA", [100.0, 100.0], isin="INE001A01011")
    market.announces("ALFA", "BONUS 1:1")
    renamed = [None, None, 50.0, 51.0]
    market.trades("BETA", renamed, series="BE", isin="INE001A01011")
    assert market.effects() == {("BETA", EX_DATE): (0.5, "bonus")}


def test_bonds_under_the_same_symbol_have_none_of_it(market: Market) -> None:
    market.trades("ALFA", [100.0, 100.0, 50.0], isin="INE001A01011")
    market.trades("ALFA", [1_000.0] * 3, series="N1", isin="INE001A07019")
    market.announces("ALFA", "BONUS 1:1")
    factors = {
        (row["series"], row["factor"])
        for row in market.rows().to_pylist()
        if row["session_date"] == EX_DATE
    }
    assert factors == {("EQ", 0.5), ("N1", 1.0)}


def test_a_price_as_of_a_date_knows_no_later_action(market: Market) -> None:
    market.trades("ALFA", [100.0, 101.0, 50.0, 51.0, 10.0])
    market.announces("ALFA", "BONUS 1:1")
    market.announces("ALFA", "FVSPLT FRM RS 10 TO RS 2", DAYS[3], ex_date=DAYS[4])
    rows = market.rows()
    closes = {
        day: [close for _, close in sorted(as_of(rows, day).items())]
        for day in (DAYS[1], *DAYS[3:])
    }
    assert closes == {
        DAYS[1]: [100.0, 101.0],
        DAYS[3]: [50.0, 50.5, 50.0, 51.0],
        DAYS[4]: pytest.approx([10.0, 10.1, 10.0, 10.2, 10.0]),
    }


def test_a_report_tells_of_the_three_sessions_after_it(frames: Frames) -> None:
    """Of ten sessions the first and the ninth have reports: nothing is known of the 5th to 8th."""
    days = [date(2024, 10, day) for day in (7, 8, 9, 10, 11, 14, 15, 16, 17, 18)]
    security = {"symbol": "ALFA", "series": "EQ", "close": 100.0, "previous_close": 100.0}
    equities = frames.of(t.EQUITIES_DAILY, [security | {"session_date": day} for day in days])
    caps = [security | {"session_date": day} for day in (days[0], days[8])]
    found = equities_adjusted(
        equities,
        frames.of(t.CORPORATE_ACTIONS, []),
        frames.of(t.MARKET_CAPS, caps),
        instruments(equities, *lists.none(frames)),
        frames.of(t.CORPORATE_ACTION_LISTS, []),
    )
    rows = found.orderBy("session_date").toArrow()
    # What happened before the ninth session is not known in it either.
    assert rows["factor"].to_pylist() == [1.0] * 4 + [None] * 5 + [1.0]
    told = ["no report or list tells of its actions"]
    assert rows["factor_missing"].to_pylist() == [None] * 4 + told * 5 + [None]


def test_a_list_of_the_past_tells_of_all_sessions_between_its_actions(market: Market) -> None:
    """Without any report: the list has a split of BRAVO on DAYS[1] and a bonus on DAYS[3]."""
    market.trades("ALFA", [100.0, 101.0, 102.0, 103.0, 104.0])
    market.trades("BRAVO", [100.0, 50.0, 50.0, 25.0, 25.0])
    market.announces("BRAVO", "FVSPLT FRM RS 10 TO RS 5", DAYS[1], ex_date=DAYS[1])
    market.announces("BRAVO", "BONUS 1:1", DAYS[3], ex_date=DAYS[3])
    for row in market.announced:
        row["document"] = "list"
    found = {
        (row["symbol"], row["session_date"]): row["factor"] for row in market.rows().to_pylist()
    }
    assert [found["ALFA", day] for day in DAYS[:5]] == [None, None, 1.0, 1.0, 1.0]
    assert [found["BRAVO", day] for day in DAYS[:5]] == [None, 0.5, 1.0, 0.5, 1.0]


def test_closes_as_of_any_day_are_those_of_the_simulated_exchange(months: Months) -> None:
    changed = months.adjusted.filter(pc.not_equal(months.adjusted["factor"], 1.0))
    assert set(changed["actions"].to_pylist()) >= {"bonus", "rights", "split"}
    for day in months.sessions[20::25]:
        closes = as_of(months.adjusted, day)
        past = [session for session in months.sessions if session <= day]
        for row in adjusted(months.nse, past, day).to_pylist():
            place = row["session_date"], row["symbol"], row["series"]
            assert closes[place] == pytest.approx(row["adjusted_close"], rel=1e-14), place
