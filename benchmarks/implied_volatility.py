"""Implied volatilities against QuantLib and plain numpy, and a day of TXO to smiles.

    python benchmarks/implied_volatility.py [--rounds 5] [--prices 100000]

Volatilities: the same prices, drawn at random as options of TAIEX are, in turns in one process. The
way of a day: the printed rows of a real-size session of the simulated exchange, from the lake's
silver tables to gold/implied_volatility and gold/volatility_smiles, by Sail in a running process.

py_vollib_vectorized 0.1.1 is not compared: numba cannot compile it with py_lets_be_rational as
released now, whose functions are plain Python.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np
import QuantLib
from measuring import DOCUMENTS, TICKS, arguments, conclude, documents, fill, show, spread
from numpy.typing import NDArray
from scipy.special import ndtr

from indextracker.building import jobs
from indextracker.building.jobs import JOBS
from indextracker.engines.sail import SailEngine
from indextracker.lake import Lake
from indextracker_catalogue.analytics import IMPLIED_VOLATILITY, VOLATILITY_SMILES
from indextracker_catalogue.taiwan import OPTION_TRADES
from indextracker_numerics import black76

Floats = NDArray[np.float64]
FORWARD, RATE = 17_000.0, 0.015
AIM_SECONDS = 10
_SEED = 86


class Prices(NamedTuple):
    """Options and what they cost; arrays of one shape."""

    strike: Floats
    years: Floats
    call: NDArray[np.bool_]
    price: Floats
    volatility: Floats


def main() -> None:
    """Prints both comparisons."""
    chosen = arguments(__doc__, rounds=5, prices=100_000)
    _volatilities(chosen.rounds, chosen.prices)
    _day(chosen.rounds)


def _drawn(number: int) -> Prices:
    """Options out of the money, within three deviations of the forward, to the tick of 0.1."""
    random = np.random.default_rng(_SEED)
    years = random.uniform(1 / 365, 0.5, number)
    volatility = random.uniform(0.1, 0.5, number)
    strike = FORWARD * np.exp(random.uniform(-3, 3, number) * volatility * np.sqrt(years))
    call = strike >= FORWARD
    price = black76.premium(FORWARD, strike, years, volatility, call=call, rate=RATE)
    told = price > 1.0
    return Prices(*(values[told] for values in (strike, years, call, price, volatility)))


def _volatilities(rounds: int, number: int) -> None:
    prices = _drawn(number)

    def ours() -> Floats:
        return black76.implied_volatility(
            prices.price, FORWARD, prices.strike, prices.years, call=prices.call, rate=RATE
        )

    def quantlib() -> Floats:
        kinds = np.where(prices.call, QuantLib.Option.Call, QuantLib.Option.Put).tolist()
        columns = prices.strike, prices.price, np.exp(-RATE * prices.years)
        deviations = [
            QuantLib.blackFormulaImpliedStdDev(kind, strike, FORWARD, price, discount)
            for kind, strike, price, discount in zip(
                kinds, *(values.tolist() for values in columns), strict=True
            )
        ]
        return np.asarray(np.array(deviations) / np.sqrt(prices.years))

    kinds: dict[str, Callable[[], Floats]] = {
        "indextracker_numerics": ours,
        "QuantLib, one by one": quantlib,
        "numpy by hand": lambda: _by_hand(prices),
    }
    errors = {name: np.abs(solve() - prices.volatility).max() for name, solve in kinds.items()}
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, solve in kinds.items():
            started = time.perf_counter()
            solve()
            took[name].append(time.perf_counter() - started)
    own = median(took["indextracker_numerics"])
    show(
        f"implied volatilities of {len(prices.price):,} prices, {rounds} rounds in turns",
        ("", "seconds", "to ours", "wrong by at most"),
        [
            (name, spread(seconds), f"{median(seconds) / own:.2f}", f"{errors[name]:.1e}")
            for name, seconds in took.items()
        ],
    )
    conclude(f"{len(prices.price) / own:,.0f} volatilities a second")


def _by_hand(prices: Prices) -> Floats:
    """What is written in ten minutes: Newton's method on prices, until all are found."""
    strike, years, call, price, _ = prices
    root, discount = np.sqrt(years), np.exp(-RATE * years)
    away = np.where(call, 1.0, -1.0)
    # Where a price is steepest in the volatility, from which Newton's method does not leave.
    volatility = np.maximum(np.sqrt(2 * np.abs(np.log(FORWARD / strike)) / years), 0.05)
    for _ in range(50):
        upper = np.log(FORWARD / strike) / (volatility * root) + volatility * root / 2
        lower = upper - volatility * root
        worth = discount * away * (FORWARD * ndtr(away * upper) - strike * ndtr(away * lower))
        vega = discount * FORWARD * root * np.exp(-(upper**2) / 2) / np.sqrt(2 * np.pi)
        step = (worth - price) / vega
        volatility = volatility - step
        if np.abs(step).max() < 1e-12:
            break
    return np.asarray(volatility)


def _day(rounds: int) -> None:
    kinds = {"taifex_options": TICKS["taifex_options"]}
    archive, sessions = documents(1, kinds)
    home = DOCUMENTS / "implied-volatility"
    fill(home, "taiwan", archive, sessions, kinds)
    lake, keys = Lake(str(home / "lake"), "real"), [str(sessions[0])]
    tables = (IMPLIED_VOLATILITY, VOLATILITY_SMILES)
    lake.ensure(tables)
    took: dict[str, list[float]] = {table.name: [] for table in tables}
    engine = SailEngine()
    for _ in range(1 + rounds):  # the first starts the engine
        for table in tables:
            started = time.perf_counter()
            jobs.run(JOBS[table.path], lake, engine, keys)
            took[table.name].append(time.perf_counter() - started)
    engine.close()
    counts = {table.name: f"{lake.total_rows(table):,}" for table in (OPTION_TRADES, *tables)}
    show(
        f"a session of {counts[OPTION_TRADES.name]} printed rows by Sail, {rounds} rounds",
        ("", "rows", "seconds"),
        [(name, counts[name], spread(seconds[1:])) for name, seconds in took.items()],
    )
    whole = median(map(sum, zip(*(seconds[1:] for seconds in took.values()), strict=True)))
    conclude(f"from rows to smiles {whole:.1f} s; the aim is {AIM_SECONDS}")


if __name__ == "__main__":
    main()
