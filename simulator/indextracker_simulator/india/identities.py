"""What instruments are called: companies and symbols, all invented but for a few, and ISINs.

A few shares have symbols that NSE has too, since news reaches a share by a list of such symbols;
their companies are invented as well, and their names say so. When a name changes is decided in
instruments.py.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_STEMS = (
    *("Arundhi", "Bhavra", "Chetak", "Devgiri", "Ekansh", "Falguni", "Girivar", "Harshil"),
    *("Indravati", "Jyotir", "Kadamba", "Lahari", "Madhura", "Nilgai", "Omkara", "Pallav"),
    *("Rajdeep", "Sarita", "Tapasya", "Udayan", "Varnika", "Yamini", "Zarina", "Amrit"),
)

_TRADES = (
    ("Textiles", "TEX", "Textiles"),
    ("Bank", "BANK", "Financial Services"),
    ("Chemicals", "CHEM", "Chemicals"),
    ("Motors", "MOT", "Automobile and Auto Components"),
    ("Pharma", "PHAR", "Healthcare"),
    ("Power", "PWR", "Power"),
    ("Software", "SOFT", "Information Technology"),
    ("Cements", "CEM", "Construction Materials"),
    ("Foods", "FOOD", "Fast Moving Consumer Goods"),
    ("Steel", "STL", "Metals & Mining"),
    ("Realty", "RLTY", "Realty"),
    ("Telecom", "TEL", "Telecommunication"),
    ("Finance", "FIN", "Financial Services"),
    ("Logistics", "LOG", "Services"),
    ("Engineering", "ENGG", "Capital Goods"),
    ("Hotels", "HTL", "Consumer Services"),
    ("Refineries", "REF", "Oil Gas & Consumable Fuels"),
)

# Symbols of the exchange hold digits in front, ampersands and hyphens.
_ODD_SYMBOLS = {2: "7LAMPS", 5: "A&B", 9: "CHETAK-FIN"}

KNOWN: Final = MappingProxyType(
    {
        0: ("INFY", "Infosys", "Information Technology"),
        7: ("HDFCBANK", "HDFC Bank", "Financial Services"),
        30: ("ICICIBANK", "ICICI Bank", "Financial Services"),
        31: ("DRREDDY", "Dr. Reddy's Laboratories", "Healthcare"),
        33: ("WIPRO", "Wipro", "Information Technology"),
        37: ("SBIN", "State Bank of India", "Financial Services"),
        38: ("JIOFIN", "Jio Financial Services", "Financial Services"),
    }
)
"""By number the shares with a symbol of NSE: symbol, the company that has it there, industry."""

_CODE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Identity(NamedTuple):
    """How an instrument is called for a time.

    Attributes:
        symbol: At most ten characters.
        name: The company's, in full.
    """

    symbol: str
    name: str


LONGEST_SYMBOL: Final = 10


def identity(number: int) -> tuple[Identity, str]:
    """Return how the share of a number is called at first, and its industry."""
    if number in KNOWN:
        symbol, name, industry = KNOWN[number]
        return Identity(symbol, f"Simulated {name} Limited"), industry
    stem = _STEMS[number % len(_STEMS)]
    # 24 stems and 17 trades have no common factor: 408 pairs before one comes again.
    trade, ending, industry = _TRADES[number % len(_TRADES)]
    again = number // (len(_STEMS) * len(_TRADES))
    mark = str(again) if again else ""
    symbol = _ODD_SYMBOLS.get(number, _symbol(stem, ending + mark))
    return Identity(symbol, f"{stem} {trade} {mark}".strip() + " Limited"), industry


def renamed(number: int, times: int, random: np.random.Generator) -> Identity:
    """Return how a company calls itself from now on.

    Args:
        number: The number of its share, which makes the new symbol its own.
        times: How often it was renamed before.
        random: Chooses the words.
    """
    stem = _STEMS[random.integers(len(_STEMS))]
    trade, _, _ = _TRADES[random.integers(len(_TRADES))]
    ending = f"{_CODE[10 + times]}{number}"
    return Identity(_symbol(stem, ending), f"New {stem} {trade} Limited")


def short_name(name: str) -> str:
    """Return a company's name as lists with little room have it: capitals, 25 characters."""
    return name.upper().replace("LIMITED", "LTD")[:25]


def isin(issuer: str, number: int, kind: str, serial: int) -> str:
    """Return an ISIN with its check digit.

    Args:
        issuer: Its first three letters: INE of companies, INF of funds, IN0 of the government.
        number: The issuer's number.
        kind: Two characters: 01 is equity.
        serial: Which one of the issuer's instruments of the kind, from 1.
    """
    letter = _CODE[10 + number // 1000]
    body = f"{issuer}{number % 1000:03d}{letter}{kind}{serial:02d}"
    digits = "".join(str(_CODE.index(character)) for character in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return f"{body}{-total % 10}"


def _symbol(stem: str, ending: str) -> str:
    return stem.upper()[: LONGEST_SYMBOL - len(ending)] + ending
