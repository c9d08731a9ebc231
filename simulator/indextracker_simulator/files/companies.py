"""Companies: their names, and what prices are drawn from. The prices are in `histories`."""

from __future__ import annotations

from dataclasses import dataclass

from indextracker_simulator.randomness import generator

# As NASDAQ divided the companies that it listed, until 2020.
SECTORS = (
    "BASIC INDUSTRIES",
    "CAPITAL GOODS",
    "CONSUMER DURABLES",
    "CONSUMER NON-DURABLES",
    "CONSUMER SERVICES",
    "ENERGY",
    "FINANCE",
    "HEALTH CARE",
    "MISCELLANEOUS",
    "PUBLIC UTILITIES",
    "TECHNOLOGY",
    "TRANSPORTATION",
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 6
# A step without a factor of 26 goes through all six letters before one comes again.
_STEP = 157_842_853
_WITH_JUMPS = 0.5


@dataclass(frozen=True)
class Company:
    """What the prices of a company are drawn from.

    A company without jumps is a geometric Brownian motion; one with them is Merton's jump diffusion
    (Journal of Financial Economics 3, 1976), whose jumps have a normal logarithm.

    Attributes:
        ticker: Six letters; no other company has them.
        sector: One of SECTORS.
        first_price: Where it starts, in dollars.
        drift: Expected growth of the logarithm of its price a year, without jumps and dividends.
        volatility: Standard deviation of that, a year.
        jumps: Expected number of jumps a year; 0 of a Brownian motion.
        jump_mean: Mean of a jump's logarithm.
        jump_volatility: Its standard deviation.
        dividend: Share of its price that it pays at each quarter's first day.
    """

    ticker: str
    sector: str
    first_price: float
    drift: float
    volatility: float
    jumps: float
    jump_mean: float
    jump_volatility: float
    dividend: float


def company(seed: int, number: int) -> Company:
    """A company by its number: the same for the same seed, whichever others there are."""
    chance = generator(seed, f"company {number}")
    jumps = chance.uniform(0.2, 2) if chance.random() < _WITH_JUMPS else 0.0
    return Company(
        ticker=_ticker(number),
        sector=SECTORS[chance.integers(len(SECTORS))],
        first_price=float(chance.lognormal(2.5, 0.8)),
        drift=float(chance.normal(0.02, 0.02)),
        volatility=float(chance.uniform(0.15, 0.45)),
        jumps=jumps,
        jump_mean=float(chance.normal(-0.03, 0.02)) if jumps else 0.0,
        jump_volatility=float(chance.uniform(0.03, 0.12)) if jumps else 0.0,
        dividend=float(chance.uniform(0, 0.01)),
    )


def _ticker(number: int) -> str:
    place = (number * _STEP + _STEP) % len(_LETTERS) ** _LENGTH
    found = ""
    for _ in range(_LENGTH):
        place, letter = divmod(place, len(_LETTERS))
        found += _LETTERS[letter]
    return found
