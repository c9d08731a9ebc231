"""Figures of bars and sessions worked out directly, in fractions, from prints."""

import math
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, Phase, Verbosity, settings

from indextracker_catalogue import taiwan as t
from indextracker_spark.job import conform

SESSION = date(2024, 12, 18)
LATER = date(2025, 1, 15)
EVE = date(2024, 12, 17)
MIDNIGHT = datetime(2024, 12, 17, 16, tzinfo=UTC)  # of the session, in Taipei
HOUR = 3600
SCALES = (1, 5, 15, 30, 60)

# product: close by day, close on a contract's last day
CLOSES = {
    "USUAL": ("13:45:00", "13:30:00"),
    "LONG": ("16:15:00", "16:15:00"),
    "EARLY": ("16:15:00", "11:00:00"),
}
UNKNOWN = "UNKNOWN"  # has no terms: 13:45:00, and 13:30:00 on the last day
PRODUCTS = (*CLOSES, UNKNOWN)
NIGHT_CLOSE = 5 * HOUR

# Where mistakes are made: at closes of all kinds, beside them, and at the edges of intervals.
EDGES = [
    clock + beside
    for clock in (
        *(-9 * HOUR, 0, NIGHT_CLOSE, 8 * HOUR, 8 * HOUR + 2700, 9 * HOUR, 11 * HOUR),
        *(13 * HOUR + 1800, 13 * HOUR + 2700, 15 * HOUR, 16 * HOUR + 900),
    )
    for beside in (-1, 0, 1)
]


class Figures:
    """The prints of one bar, or of one part of a session, in the order of their lines."""

    def __init__(self) -> None:
        self.prints: list[tuple[Fraction, int]] = []
        self.legs = 0

    def row(self) -> dict[str, object]:
        prices = [price for price, _ in self.prints]
        number = len(prices)
        contracts = sum(count for _, count in self.prints)
        return {
            "open": double(prices[0]) if prices else None,
            "high": double(max(prices)) if prices else None,
            "low": double(min(prices)) if prices else None,
            "close": double(prices[-1]) if prices else None,
            "mean": double(sum(prices)) / number if prices else None,
            "std": sample_std(prices) if number > 1 else None,
            "vwap": double(sum(p * n for p, n in self.prints)) / contracts if prices else None,
            "contracts": contracts,
            "spread_contracts": self.legs,
            "shares": contracts,
            "trades": number,
            "ticks": number,
            "prints": number,
        }


def double(exact: Fraction | int) -> float:
    return float(exact)


def sample_std(prices: list[Fraction]) -> float:
    """Exact up to the numerator; the division and the root round once each."""
    number = len(prices)
    numerator = number * sum(price * price for price in prices) - sum(prices) ** 2
    return math.sqrt(double(numerator) / (number * (number - 1)))


def close_of(product: str, expiry: str, part: str) -> int:
    if part == "night":
        return NIGHT_CLOSE
    by_day, on_last_day = CLOSES.get(product, ("13:45:00", "13:30:00"))
    hours, minutes, seconds = map(int, (on_last_day if expiry == "202412" else by_day).split(":"))
    return hours * HOUR + minutes * 60 + seconds


def start_of(second: int, close: int, scale: int) -> datetime:
    inside = second - 1 if second == close else second
    return MIDNIGHT + timedelta(seconds=inside - inside % (60 * scale))


def rows_of(frame: object, table: t.Table) -> dict[tuple[object, ...], dict[str, object]]:
    keys = [name for name in table.key if name != "session_date"]
    found = {}
    for row in conform(frame, table).toArrow().to_pylist():
        assert row["session_date"] == SESSION
        key = tuple(row[name] for name in keys)
        assert key not in found
        found[key] = row
    return found


def expected_of(
    direct: dict[tuple[object, ...], Figures], table: t.Table
) -> dict[tuple[object, ...], dict[str, object]]:
    names = [c.name for c in table.columns if c.name in Figures().row()]
    return {key: {n: f.row()[n] for n in names} for key, f in direct.items()}


def assert_same(frame: object, table: t.Table, direct: dict[tuple[object, ...], Figures]) -> None:
    expected = expected_of(direct, table)
    found = rows_of(frame, table)
    assert {key: {n: row[n] for n in expected.get(key, row)} for key, row in found.items()} == (
        expected
    )


FEW = settings(
    max_examples=8,
    derandomize=True,
    phases=(Phase.generate,),  # an example costs Spark jobs: too dear to shrink
    verbosity=Verbosity.quiet,  # and too long to print
    suppress_health_check=list(HealthCheck),
)
