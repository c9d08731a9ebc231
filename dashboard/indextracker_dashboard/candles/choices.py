"""What there is to choose from on the page Candles: contracts, strikes, and what to draw over.

Which instruments there are is told in `instruments`.
"""

from __future__ import annotations

from datetime import date

from indextracker.reader import Lakehouse


def contracts(lakehouse: Lakehouse, product: str, kind: str, on: date) -> dict[str, str]:
    """The contracts of a product in a session, each with what it is called.

    Expire codes come first, then calendar spreads of the nearest of them, then expiries.
    """
    rows = lakehouse.contracts(product, sessions=[on]).rows
    expiries = rows["expiry"].to_pylist()
    coded = [
        (code, expiry)
        for code, expiry in zip(rows["expire_code"].to_pylist(), expiries, strict=True)
        if code
    ]
    found = {code: f"{code} · {expiry}" for code, expiry in coded}
    if kind == "futures":
        months = [(code, expiry) for code, expiry in coded if code.startswith("M")]
        found |= {
            f"{near}/{far}": f"{near}/{far} · spread {one}/{other}"
            for place, (near, one) in enumerate(months)
            for far, other in months[place + 1 :]
        }
    return found | {expiry: expiry for expiry in expiries}


def strikes(lakehouse: Lakehouse, product: str, contract: str, on: date) -> list[str]:
    """The strikes of an expiry in a session."""
    rows = lakehouse.chain(product, on, contract=contract).rows
    return [f"{strike.normalize():f}" for strike in rows["strike"].unique().sort().to_pylist()]


def over(lakehouse: Lakehouse, product: str, kind: str, on: date) -> list[str]:
    """What may be worth drawing over an instrument: indices, and contracts of its futures."""
    names = lakehouse.instruments()
    found = [name for name, its in names.items() if its == "index"]
    if kind == "futures":
        codes = contracts(lakehouse, product, "", on)
        found = [*found, *(f"{product} {code}" for code in codes)]
    elif kind == "index":
        found = [f"{name} M" for name, its in names.items() if its == "futures"]
    return found
