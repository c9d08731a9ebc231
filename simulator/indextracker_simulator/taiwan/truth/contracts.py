"""The true tables of contracts: their codes, dates, and closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.expiries import expire_codes, last_trading_date
from indextracker_simulator.taiwan.products import OPTIONS, PRODUCTS
from indextracker_simulator.taiwan.truth.tables import Row
from indextracker_simulator.taiwan.walk import local_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from indextracker_simulator.taiwan.products import Terms

_PRODUCTS: dict[str, Terms] = {product.name: product for product in (*PRODUCTS, *OPTIONS)}


def contract_rows(day: date, contracts: set[tuple[str, str]]) -> Iterable[Row]:
    """Yield a row per contract and code, one with a null code where it has none."""
    for product, expiry in contracts:
        rule = _PRODUCTS[product]
        ends = last_trading_date(expiry, day) if rule.third_wednesday else None
        codes: list[str | None] = [
            code for code, meant in expire_codes(rule, day).items() if meant == expiry
        ]
        for code in codes or [None]:
            yield {
                "product": product,
                "expiry": expiry,
                "expire_code": code,
                "last_trading_date": ends,
                "final_settlement_date": ends,
            }


class Closes:
    """When each contract closes on one session."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._eve = trading_calendar().previous(day)
        self._known: dict[tuple[str, str, bool], int] = {}

    def of(self, product: str, expiry: str, night: bool) -> int:
        """Return the local second at which a contract closes in a part of the session."""
        key = (product, expiry, night)
        if key not in self._known:
            self._known[key] = self._close(_PRODUCTS[product], expiry, night)
        return self._known[key]

    def _close(self, product: Terms, expiry: str, night: bool) -> int:
        if night:
            assert product.night is not None
            return local_second(self._eve, product.night.closes)
        ending = product.third_wednesday and last_trading_date(expiry, self._day) == self._day
        return local_second(self._day, product.close_of_day(ending))
