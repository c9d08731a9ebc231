"""Flow of options: sums of the simulated tape, the simulated report, rules on small cases."""

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import OPTION_FLOW, OPTION_FLOW_EXPIRIES
from indextracker_simulator.taiwan.daily import Line
from indextracker_simulator.taiwan.session import Session
from indextracker_simulator.taiwan.truth import session_tables
from indextracker_simulator.taiwan.truth.report import daily_table
from indextracker_spark.analytics.option_flow import option_flow, option_flow_expiries
from indextracker_spark.job import conform
from indextracker_spark.jobs import JOBS
from indextracker_spark.taiwan import markets

EVE, DAY = date(2022, 3, 2), date(2022, 3, 3)
MULTIPLIERS = {"TXO": 50, "TEO": 1000, "TFO": 250}
SIDES = {True: "call", False: "put"}


def _rows(made: DataFrame, table: t.Table) -> list[dict]:
    return [row.asDict() for row in conform(made, table).collect()]


def _flow(frames: Frames, traded: list[dict], reported: list[dict]) -> DataFrame:
    report = [row | {"instrument": t.OPTIONS, "session_part": "day"} for row in reported]
    return option_flow(
        frames.of(t.OPTION_SESSIONS, traded),
        frames.of(t.DAILY_REPORT, report),
        frames.reference(t.PRODUCTS),
        frames.reference(t.SESSIONS),
    )


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(7, DAY, "demo", unreadable=False)


@pytest.fixture(scope="module")
def simulated(frames: Frames, session: Session) -> tuple[list[dict], list[dict]]:
    """Flow by strike and by expiry of a simulated session, from its trades and reports on."""
    truth = session_tables(session)
    products = frames.reference(t.PRODUCTS)
    contracts = [row | {"product_assumed": False} for row in truth["contracts"].to_pylist()]
    bars = markets.option_bars(
        frames.of(t.OPTION_TRADES, truth["option_trades"].to_pylist()),
        frames.of(t.CONTRACTS, contracts),
        products,
    )
    [of_sessions] = (job for job in JOBS.values() if job.writes is t.OPTION_SESSIONS)
    before = Session(7, EVE, "demo", unreadable=False)
    report = [
        row | {"instrument": t.OPTIONS if row["option_type"] else t.FUTURES}
        for one in (before, session)
        for row in daily_table(one).to_pylist()
    ]
    made = option_flow(
        of_sessions.transform(bars),
        frames.of(t.DAILY_REPORT, report),
        products,
        frames.reference(t.SESSIONS),
    ).where(f"session_date = '{DAY}'")
    # As a table between the two jobs would have it.
    flow = frames.spark.createDataFrame(conform(made, OPTION_FLOW).drop("year").toArrow())
    return _rows(flow, OPTION_FLOW), _rows(
        option_flow_expiries(flow, products), OPTION_FLOW_EXPIRIES
    )


def _tape_sums(session: Session) -> tuple[Counter, Counter]:
    """Contracts, and turnover in hundredths of TWD, by part, product, expiry, strike and side."""
    tape = session.options
    columns = (
        tape.product,
        tape.expiry,
        tape.strike,
        tape.call,
        tape.night,
        tape.price,
        tape.sides,
    )
    sides: Counter = Counter()
    turnover: Counter = Counter()
    for row in zip(*(column.tolist() for column in columns), strict=True):
        product, expiry, strike, call, night, price, number = row
        for part in ("night" if night else "day", "whole"):
            key = (part, product, expiry, strike, SIDES[call])
            sides[key] += number
            turnover[key] += price * number * MULTIPLIERS[product]
    assert all(number % 2 == 0 for number in sides.values())
    return (
        Counter({key: number // 2 for key, number in sides.items()}),
        Counter({key: hundredths // 2 for key, hundredths in turnover.items()}),
    )


def test_flow_is_the_tape_of_the_simulated_session(
    session: Session, simulated: tuple[list[dict], list[dict]]
) -> None:
    contracts, turnover = _tape_sums(session)
    flow, _ = simulated
    found_contracts, found_turnover = Counter(), Counter()
    for row in flow:
        for side in SIDES.values():
            key = (
                *(row["session_part"], row["product"], row["expiry"], int(row["strike"])),
                side,
            )
            found_contracts[key] = row[f"{side}_contracts"]
            found_turnover[key] = row[f"{side}_turnover"] * 100
    assert +found_contracts == contracts
    assert +found_turnover == turnover


def _reported(session: Session) -> dict[tuple, Line]:
    return {
        (line.key.product, line.key.expiry, line.key.strike, line.key.call): line
        for line in session.daily_options
        if not line.night
    }


def test_open_interest_is_that_of_the_simulated_report(
    session: Session, simulated: tuple[list[dict], list[dict]]
) -> None:
    now = _reported(session)
    before = _reported(Session(7, EVE, "demo", unreadable=False))
    seen = 0
    for row in simulated[0]:
        for call, side in SIDES.items():
            held, change = (row[f"{side}_open_interest{of}"] for of in ("", "_change"))
            if row["session_part"] != "whole":
                assert held is change is None
                continue
            key = (row["product"], row["expiry"], int(row["strike"]), call)
            was = before[key].open_interest if key in before else 0
            assert (held, change) == (now[key].open_interest, now[key].open_interest - was)
            seen += 1
    assert seen == len(now)  # contracts that nobody traded too


def test_figures_of_an_expiry_follow_from_tape_and_report(
    session: Session, simulated: tuple[list[dict], list[dict]]
) -> None:
    contracts, turnover = _tape_sums(session)
    for row in simulated[1]:
        of_row = (row["session_part"], row["product"], row["expiry"])
        traded = {
            side: {
                key[3]: n for key, n in contracts.items() if key[:3] == of_row and key[4] == side
            }
            for side in SIDES.values()
        }
        paid = {
            side: Decimal(
                sum(n for key, n in turnover.items() if key[:3] == of_row and key[4] == side)
            )
            / 100
            for side in SIDES.values()
        }
        number = {side: sum(strikes.values()) for side, strikes in traded.items()}
        assert (row["call_contracts"], row["put_contracts"]) == tuple(number.values())
        assert (row["call_turnover"], row["put_turnover"]) == tuple(paid.values())
        assert row["put_call_contracts"] == (
            number["put"] / number["call"] if number["call"] else None
        )
        weighted = sum(k * n for strikes in traded.values() for k, n in strikes.items())
        total = sum(number.values())
        assert row["volume_weighted_strike"] == (weighted / total if total else None)


def _paid(held: dict[tuple[Fraction, bool], int], settled: Fraction) -> Fraction:
    """Points that the holders of open contracts are paid at a final settlement price."""
    return sum(
        (
            number * max(settled - strike if call else strike - settled, Fraction(0))
            for (strike, call), number in held.items()
        ),
        Fraction(0),
    )


def test_maximum_pain_of_the_simulated_report(
    session: Session, simulated: tuple[list[dict], list[dict]]
) -> None:
    lines = _reported(session)
    expiries = {row["expiry"] for row in simulated[1] if row["product"] == "TXO"}
    for row in simulated[1]:
        if row["session_part"] != "whole":
            assert row["max_pain_strike"] is None
            continue
        held = {
            (Fraction(strike), call): line.open_interest
            for (product, expiry, strike, call), line in lines.items()
            if (product, expiry) == (row["product"], row["expiry"]) and line.open_interest
        }
        if not held:
            assert row["max_pain_strike"] is row["max_pain_payout"] is None
            continue
        paid = {strike: _paid(held, strike) for strike, _ in held}
        least = min(paid.values())
        assert row["max_pain_strike"] == min(k for k, points in paid.items() if points == least)
        assert row["max_pain_payout"] == least * MULTIPLIERS[row["product"]]
    assert len(expiries) > 3


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 40), st.booleans()), st.integers(0, 1000), min_size=1, max_size=12
    )
)
def test_no_settlement_price_pays_less_than_maximum_pain(
    frames: Frames, held: dict[tuple[int, bool], int]
) -> None:
    """Strikes with halves and quarters, such as those of ETFs, and prices between strikes too."""
    exact = {(Fraction(units, 4), call): n for (units, call), n in held.items()}
    rows = [
        {
            "session_date": DAY,
            "product": "TXO",
            "expiry": "202203",
            "session_part": "whole",
            "strike": Decimal(units) / 4,
            **{f"{side}_contracts": 0 for side in SIDES.values()},
            f"{SIDES[call]}_open_interest": number,
        }
        for (units, call), number in held.items()
    ]
    merged: dict[Decimal, dict] = {}
    for row in rows:
        merged.setdefault(row["strike"], {}).update(row)
    flow = frames.of(OPTION_FLOW, list(merged.values()))
    [made] = _rows(option_flow_expiries(flow, frames.reference(t.PRODUCTS)), OPTION_FLOW_EXPIRIES)
    if not any(held.values()):
        assert made["max_pain_strike"] is made["max_pain_payout"] is None
        return
    least = Fraction(made["max_pain_payout"]) / MULTIPLIERS["TXO"]
    assert _paid(exact, Fraction(made["max_pain_strike"])) == least
    assert all(_paid(exact, Fraction(at, 8)) >= least for at in range(90))


def test_what_is_not_known_is_null(frames: Frames) -> None:
    series = {"product": "TXO", "expiry": "202203", "strike": Decimal(18000), "option_type": "C"}
    traded = [
        {
            "session_date": DAY,
            "session_part": part,
            "contracts": 3,
            "price_contracts_sum": Decimal(90),
        }
        | series
        for part in ("day", "whole")
    ]
    unknown = [row | {"product": "XXO"} for row in traded]
    reports = [
        {"session_date": day, "open_interest": n} | series for day, n in ((EVE, 4), (DAY, 9))
    ]

    def whole(reported: list[dict], product: str = "TXO") -> dict:
        rows = _rows(_flow(frames, traded + unknown, reported), OPTION_FLOW)
        key = (DAY, product, "whole")
        [row] = [r for r in rows if (r["session_date"], r["product"], r["session_part"]) == key]
        return row

    without = whole([])
    assert (without["call_contracts"], without["put_contracts"]) == (3, 0)
    assert without["call_turnover"] == 90 * 50
    assert without["call_open_interest"] is without["call_open_interest_change"] is None
    alone = whole(reports[1:])
    assert (alone["call_open_interest"], alone["call_open_interest_change"]) == (9, None)
    both = whole(reports)
    assert (both["call_open_interest"], both["call_open_interest_change"]) == (9, 5)
    assert both["put_open_interest"] is None
    assert whole(reports, "XXO")["call_turnover"] is None
