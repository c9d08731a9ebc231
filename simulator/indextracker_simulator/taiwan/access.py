"""Refusal of requests: the index publisher's firewall, the data vendor's levels, quota and bans.

Answers to the requests that are let through are made in routes.py.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from indextracker_simulator.taiwan.exchange import Exchange

ETF_DATASET = "TaiwanStockPriceTick"

_HOUR = 3600.0
_FIREWALL_REQUESTS, _FIREWALL_SECONDS = 3, 5.0
_BAN_AFTER, _BAN_SECONDS = 10, 1800.0

_LEVEL = "Your level is register. Please update your user level."
_QUOTA = "Requests reach the upper limit."
_BANNED = "ip banned"
_UNKNOWN = "the dataset is not one of those that are offered"


class Denial(NamedTuple):
    """The answer that a client gets in place of data."""

    status: int
    message: str


class Access:
    """Watches the requests that one exchange is asked.

    Args:
        exchange: Says who has access, and whether rates are enforced.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._lock = Lock()
        self._index_requests: deque[float] = deque()
        self._etf_requests: deque[float] = deque()
        self._etf_errors: deque[float] = deque()
        self._banned_until = float("-inf")

    def firewall_closed(self) -> bool:
        """Count a request to the index publisher; tell whether it came too fast to be answered."""
        if not self._exchange.enforce_rates:
            return False
        with self._lock:
            asked = _within(self._index_requests, self._exchange.ticks(), _FIREWALL_SECONDS)
            return asked > _FIREWALL_REQUESTS

    def etf_denial(self, dataset: str, token: str | None) -> Denial | None:
        """Count a request to the data vendor; return why it gets no data, None if it does."""
        with self._lock:
            now = self._exchange.ticks()
            denial = self._limit(now) or self._refusal(dataset, token)
            if denial is not None and _within(self._etf_errors, now, _BAN_SECONDS) >= _BAN_AFTER:
                self._banned_until = now + _BAN_SECONDS
            return denial

    def _limit(self, now: float) -> Denial | None:
        if not self._exchange.enforce_rates:
            return None
        if now < self._banned_until:
            return Denial(403, _BANNED)
        asked = _within(self._etf_requests, now, _HOUR)
        return Denial(402, _QUOTA) if asked > self._exchange.etf_requests_an_hour else None

    def _refusal(self, dataset: str, token: str | None) -> Denial | None:
        if dataset != ETF_DATASET:
            return Denial(422, _UNKNOWN)
        granted = self._exchange.etf_token
        may_ask = granted is None or (granted != "" and token == granted)
        return None if may_ask else Denial(400, _LEVEL)


def _within(moments: deque[float], now: float, seconds: float) -> int:
    """Note a moment; return how many there have been in the seconds up to it."""
    moments.append(now)
    while moments[0] <= now - seconds:
        moments.popleft()
    return len(moments)
