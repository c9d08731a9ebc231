"""The state of the page Compare, and how runs and figures are called on pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from indextracker_dashboard.state import State, StateError

PATH = "/compare"
MOST = 6
_FRACTIONS = {
    *("cagr", "volatility", "max_drawdown", "hit_rate", "exposure", "alpha", "tracking_error"),
    "turnover",
}


@dataclass(frozen=True)
class CompareState(State):
    """What is compared.

    Attributes:
        runs: The ids of runs, or their beginnings.
        scale: Of the chart of equity.
        years: The first and the last year that are looked at; by default all.
        scope: What the figures of parts are of.
        sector: The sector that is looked at; by default all.
        ticker: The ticker that is looked at; by default all.
        run: The run whose trades are shown; by default the first.
        document: Digest of the document of a trade that is looked at.
        line: Its line.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_max_length=200)

    runs: tuple[str, ...] = ()
    scale: Literal["linear", "log"] = "linear"
    years: tuple[int, ...] = ()
    scope: Literal["year", "sector", "ticker"] = "year"
    sector: str = ""
    ticker: str = ""
    run: str = ""
    document: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    line: Annotated[int, Field(ge=0)] = 0

    @property
    def parts(self) -> str:
        """The ticker or else the sector that is looked at; nothing where all are."""
        return self.ticker or self.sector

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last year.

        Raises:
            StateError: The address has something else.
        """
        if not self.years:
            return 1, 9999
        first, *others = self.years
        if len(others) != 1 or first > others[0]:
            raise StateError("years are the first and the last, as years=2001,2010")
        return first, others[0]


def of_tickers(state: CompareState) -> tuple[str, dict[str, str]]:
    """A condition on the tickers of `$run` that are looked at, and its values; none for all."""
    if state.ticker:
        return " and ticker = $ticker", {"ticker": state.ticker}
    if state.sector:
        inside = "select name from gold.strategy_figures where run_id = $run and sector = $sector"
        return f" and ticker in ({inside})", {"sector": state.sector}
    return "", {}


def values_of(parameters: str) -> str:
    """Parameters as people read them, of JSON."""
    return ", ".join(f"{name}={value}" for name, value in json.loads(parameters).items())


def called(run: Mapping[str, Any]) -> str:
    """What a run is called: strategy and parameters."""
    kind = {"grid": ", grid", "walk_forward": ", year after year"}.get(run["kind"], "")
    return f"{run['strategy']} {values_of(run['parameters'])}".strip() + kind


def figure(name: str, value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return ""
    if name in _FRACTIONS:
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= 1000 or name == "trades" else f"{value:,.3g}"
