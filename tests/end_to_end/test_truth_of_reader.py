"""What the reader gives of the simulated documents equals what happened at the exchange."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.market import MONDAY, SESSIONS, THIRD_WEDNESDAY, Market, _differences

from indextracker import Frame, Lakehouse
from indextracker.reader.model import Kind
from indextracker.reader.rollups import to_minutes
from indextracker.reader.taiwan import (
    ETFS,
    FUTURES_CONTRACTS,
    INDICES,
    OPTION_SERIES,
    SPREADS,
)
from indextracker_catalogue.shared.bars import SCALES_MINUTES
from indextracker_simulator.taiwan import pricing
from indextracker_simulator.taiwan.contracts import YEAR, contracts_of, curve_of
from indextracker_simulator.taiwan.products import OPTIONS
from indextracker_simulator.taiwan.walk import HOUR, local_second

KINDS = [INDICES, ETFS, FUTURES_CONTRACTS, SPREADS, OPTION_SERIES]
DAYS = [*map(str, SESSIONS)]
[TXO] = [product for product in OPTIONS if product.name == "TXO"]


@pytest.fixture(scope="module")
def lakehouse(market: Market) -> Lakehouse:
    return Lakehouse(market.root)


def happened(market: Market, path: str, session: date, where: pc.Expression) -> pa.Table:
    return market.truth(path, session).filter(where)


def differences(frame: Frame, true: pa.Table) -> list[str]:
    shared = [name for name in frame.columns if name in true.column_names]
    assert len(shared) > 4
    return _differences(frame.arrow().select(shared), true.select(shared))


@pytest.mark.parametrize("minutes", SCALES_MINUTES)
@pytest.mark.parametrize("name", ["TAIEX", "006204", "TX", "TXO"])
def test_bars_are_true(market: Market, lakehouse: Lakehouse, name: str, minutes: int) -> None:
    kind, _ = lakehouse._markets.kind_of(name)
    of = (pc.field(kind.instrument) == name) & (pc.field("scale_minutes") == minutes)
    true = pa.concat_tables([happened(market, kind.bars.path, day, of) for day in SESSIONS])
    found = lakehouse.bars(name, minutes=minutes, sessions=DAYS)
    assert len(found) == true.num_rows > 0
    assert differences(found, true) == []


@pytest.mark.parametrize("code", ["M", "M+1", "Q+1", "W", "F"])
def test_the_contract_of_a_code_is_true(market: Market, lakehouse: Lakehouse, code: str) -> None:
    """The monthly contract is another one after its last day, and a new year's is moved."""
    for name in ("TX", "TXO"):
        kind, _ = lakehouse._markets.kind_of(name)
        for session in SESSIONS:
            coded = (pc.field("product") == name) & (pc.field("expire_code") == code)
            listed = happened(market, "silver/contracts", session, coded)
            expiries = listed["expiry"].unique()
            of = (pc.field("product") == name) & (pc.field("scale_minutes") == 15)
            of &= pc.field("expiry").isin(expiries)
            true = happened(market, kind.bars.path, session, of)
            if listed.num_rows:
                found = lakehouse.bars(name, code, minutes=15, sessions=[session])
                assert differences(found, true) == []


def test_trades_are_true(market: Market, lakehouse: Lakehouse) -> None:
    for name, part in (("TX", "night"), ("TXO", "day"), ("TAIEX", None), ("006204", None)):
        kind, _ = lakehouse._markets.kind_of(name)
        of = pc.field(kind.instrument) == name
        if part:
            of &= pc.field("session_part") == part
        found = lakehouse.trades(name, part=part, sessions=[MONDAY])
        assert len(found) > 0
        assert differences(found, happened(market, kind.trades.path, MONDAY, of)) == []


def test_figures_of_sessions_are_true(market: Market, lakehouse: Lakehouse) -> None:
    for part in ("whole", "night", "day"):
        of = (pc.field("product") == "TX") & (pc.field("session_part") == part)
        true = pa.concat_tables(
            [happened(market, "gold/futures_sessions", day, of) for day in SESSIONS]
        )
        chosen = None if part == "whole" else part
        found = lakehouse.bars("TX", per="session", part=chosen, sessions=DAYS)
        assert differences(found, true) == []


def test_a_chain_is_true(market: Market, lakehouse: Lakehouse) -> None:
    of = (pc.field("product") == "TXO") & (pc.field("session_part") == "whole")
    true = happened(market, "gold/option_sessions", THIRD_WEDNESDAY, of)
    found = lakehouse.chain("TXO", THIRD_WEDNESDAY).arrow()
    traded = Frame(found.filter(pc.field("prints").is_valid()).drop_columns(["last_trading_date"]))
    assert differences(traded, true) == []
    of = (pc.field("product") == "TXO") & (pc.field("session_part") == "day")
    report = happened(
        market, "silver/daily_report", THIRD_WEDNESDAY, of & pc.field("strike").is_valid()
    )
    official = ["expiry", "strike", "option_type", "settlement_price", "open_interest"]
    reported = found.filter(pc.field("open_interest").is_valid())
    of_report = report.filter(pc.field("open_interest").is_valid())
    assert of_report.num_rows > 0
    assert _differences(reported.select(official), of_report.select(official)) == []


def test_a_smile_finds_the_forward_and_the_volatility_of_the_market(
    market: Market, lakehouse: Lakehouse
) -> None:
    """Within what the index moves while a price counts, 15 minutes, and one step of a price."""
    found = lakehouse.smile("TXO", MONDAY, "M", rate=pricing.INTEREST).polars()
    contract = next(c for c in contracts_of(TXO, MONDAY) if c.expiry == found["expiry"][0])
    curve = curve_of(TXO.underlying, market.exchange.seed, MONDAY, market.exchange.lead_seconds)
    close = local_second(MONDAY, 13 * HOUR + 45 * 60)
    [forward] = curve.forward(contract, np.array([close]))
    years = (contract.ends - close) / YEAR
    assert found["years"][0] == pytest.approx(years)
    moved = pricing.AT_THE_MONEY * (15 / (365 * 24 * 60)) ** 0.5 * forward
    assert found["forward"][0] == pytest.approx(forward, abs=2 * moved)
    near = found.filter(found["moneyness"].abs() < pricing.AT_THE_MONEY * years**0.5)
    near = near.filter(near["volatility"].is_not_null())
    assert len(near) > 4
    strike = near["strike"].cast(float).to_numpy()
    same = np.ones_like(strike)
    true = pricing.volatility(forward * same, strike.astype(np.int64), years * same)
    assert near["volatility"].to_numpy() == pytest.approx(true, abs=0.03)


def test_the_basis_is_that_of_the_market(market: Market, lakehouse: Lakehouse) -> None:
    """Bars of both, joined by hand; and the carry of the curve, at the close."""
    found = lakehouse.basis("TX", "M", sessions=[MONDAY]).arrow().to_pylist()
    of = pc.field("scale_minutes") == 1
    levels = happened(market, "gold/index_bars", MONDAY, of & (pc.field("index_id") == "TAIEX"))
    level = dict(zip(levels["bar_start"].to_pylist(), levels["close"].to_pylist(), strict=True))
    of &= (pc.field("product") == "TX") & (pc.field("expiry") == found[0]["expiry"])
    futures = happened(market, "gold/futures_bars", MONDAY, of & pc.field("close").is_valid())
    expected = {
        start: price - level[start]
        for start, price in zip(
            futures["bar_start"].to_pylist(), futures["close"].to_pylist(), strict=True
        )
        if start in level
    }
    assert {row["minute"]: row["basis"] for row in found} == expected
    assert len(expected) > 200


def test_a_continuous_future_rolls_where_the_contract_of_the_month_ends(
    market: Market, lakehouse: Lakehouse
) -> None:
    found = lakehouse.continuous("TX", per="session", sessions=DAYS).arrow()
    for session, expiry in zip(
        found["session_date"].to_pylist(), found["expiry"].to_pylist(), strict=True
    ):
        coded = (pc.field("product") == "TX") & (pc.field("expire_code") == "M")
        assert happened(market, "silver/contracts", session, coded)["expiry"].to_pylist() == [
            expiry
        ]
    assert found["session_date"].to_pylist() == [*SESSIONS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_coarser_bars_made_here_are_those_that_the_engine_made(market: Market, kind: Kind) -> None:
    with market.lake.sql([kind.bars], {kind.bars.timeline: [str(MONDAY)]}) as connection:
        stored = connection.sql(f"from {kind.bars.name}").to_arrow_table()
    finest = stored.filter(pc.field("scale_minutes") == 1)
    assert finest.num_rows > 0
    for minutes in SCALES_MINUTES:
        made = to_minutes(finest, kind.bars, minutes, timedelta(hours=8))
        expected = stored.filter(pc.field("scale_minutes") == minutes)
        assert _differences(made, expected) == []
