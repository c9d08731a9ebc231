"""Numbers as people write them: signs of decimals and thousands, units, currencies, missing marks.

The signs are decided over all columns of numbers together, for a file has one way of writing; a
number that both readings allow, `1.234`, decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

MISSING = frozenset(
    [
        "",
        ".",
        "-",
        "--",
        "---",
        "—",
        "–",
        "null",
        "none",
        "nan",
        "n/a",
        "na",
        "#n/a",
        "#n/a n/a",
        "#value!",
        "#div/0!",
        "nil",
        "nd",
        "n.d.",
        "n.a.",
        "?",
        "*",
        "\\n",
        "<na>",
        "nat",
        "missing",
    ]
)
# What stands behind a number and multiplies it.
_UNITS = {
    "": 1,
    "k": 10**3,
    "tsd": 10**3,
    "tys": 10**3,
    "тыс": 10**3,
    "千": 10**3,
    "천": 10**3,
    "만": 10**4,
    "万": 10**4,
    "萬": 10**4,
    "lakh": 10**5,
    "m": 10**6,
    "mm": 10**6,
    "mn": 10**6,
    "mio": 10**6,
    "mil": 10**6,
    "mln": 10**6,
    "млн": 10**6,
    "百万": 10**6,
    "百萬": 10**6,
    "백만": 10**6,
    "cr": 10**7,
    "crore": 10**7,
    "억": 10**8,
    "亿": 10**8,
    "億": 10**8,
    "b": 10**9,
    "bn": 10**9,
    "mrd": 10**9,
    "mld": 10**9,
    "млрд": 10**9,
    "十億": 10**9,
    "t": 10**12,
    "tn": 10**12,
    "조": 10**12,
    "兆": 10**12,
}
_CURRENCY = r"(?:US\$|R\$|HK\$|NT\$|A\$|C\$|[$€£¥₩₹₽฿₫￥]|USD|EUR|GBP|JPY|INR|Rs\.?|zł|kr\.?|Kč|руб\.?|円|元|원|Ft|p\.)"
_NUMBER = re.compile(
    rf"""\s*(?P<open>\()?\s*(?P<sign>[-+−▲▼△▽]?)\s*{_CURRENCY}?\s*(?P<inner>[-+−]?)
    (?P<core>\d{{1,3}}(?:['’\u00a0\u202f\ ]\d{{3}})+(?:[.,]\d+)?|\d[\d.,]*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
    \s*(?P<unit>[A-Za-zа-я千천만万萬百백억亿億十조兆]{{0,5}})\.?\s*(?P<percent>%?)\s*{_CURRENCY}?
    \s*(?P<after>-?)\s*(?P<close>\))?\s*$""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$")
# No price has more before or behind its point.
_MOST_DIGITS = 25
_SPACES = " \u00a0\u202f'’"
_MINUS = "-−▼▽"


# Prices of bonds in 32nds and their quarters (101'16, 101-165), and of old in eighths (21 3/8).
_FRACTION = re.compile(r"\d{1,4}['’-](?:[0-2]\d|3[01])[0257+]?|(?:\d+[ -])?\d{1,2}/\d{1,3}|\d+")
# A sign of thousands may look so: of eight different numbers by chance once in ten million.
_LEAST_FRACTIONS = 8


@dataclass(frozen=True)
class Signs:
    """How numbers of a file are written."""

    decimal: str = "."
    thousands: str | None = None
    confidence: float = 1.0
    evidence: str = "no number has another sign"


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is nothing."""
    return cell.strip().casefold() in MISSING


def in_fractions(cells: Iterable[str]) -> bool:
    """Whether the cells of a column are whole numbers and fractions, and not decimals."""
    found = {cell.strip() for cell in cells if not is_missing(cell)}
    parted = [cell for cell in found if not cell.isdigit()]
    return len(parted) >= _LEAST_FRACTIONS and all(map(_FRACTION.fullmatch, found))


def looks_like_number(cell: str) -> bool:
    """Whether it is a number in any way of writing."""
    if _PLAIN.match(cell.strip()):
        return True
    found = _NUMBER.match(cell)
    return bool(found) and found["unit"].casefold() in _UNITS if found else False


def signs(cells: Iterable[str], *, quoted: bool, delimiter: str | None) -> Signs:
    """The signs of decimals and thousands of a file, from cells of its columns of numbers.

    Args:
        cells: a sample of them.
        quoted: whether numbers stand in quotes, as they do where they may hold the delimiter.
        delimiter: what parts the cells.
    """
    votes: Counter[str] = Counter()
    for cell in cells:
        if found := _NUMBER.match(cell):
            votes.update(_says(re.split("[eE]", found["core"])[0].strip()))
    return _counted(votes, quoted=quoted, delimiter=delimiter)


def _says(core: str) -> list[str]:
    """What a number says of signs: `decimal ,`, `thousands .`, or `either ,`."""
    said = [f"thousands {sign}" for sign in _SPACES if sign in core]
    for sign, other in ((",", "."), (".", ",")):
        if sign not in core:
            continue
        if other in core:
            last = max(core.rfind(sign), core.rfind(other))
            said.append(f"{'decimal' if core[last] == sign else 'thousands'} {sign}")
            continue
        before, after = core.split(sign, maxsplit=1)[0], core.rsplit(sign, maxsplit=1)[-1]
        if core.count(sign) > 1:
            said.append(f"thousands {sign}")
        elif len(after) == 3 and 0 < len(before) <= 3 and not before.startswith("0"):
            said.append(f"either {sign}")
        else:
            said.append(f"decimal {sign}")
    return said


def _counted(votes: Counter[str], *, quoted: bool, delimiter: str | None) -> Signs:
    comma, dot = votes["decimal ,"], votes["decimal ."]
    spaces = next((sign for sign in _SPACES if votes[f"thousands {sign}"]), None)
    if comma and comma > 20 * dot:
        # A point between three digits parts thousands where the comma begins decimals.
        seen = "." if votes["thousands ."] or votes["either ."] else spaces
        written = "." if quoted and delimiter == "," and not seen else seen
        return Signs(",", written, 0.99, f"{comma} numbers have a comma before their decimals")
    if dot and dot > 20 * comma:
        seen = "," if votes["thousands ,"] or votes["either ,"] else spaces
        written = "," if quoted and delimiter == "," and not seen else seen
        return Signs(".", written, 0.99, f"{dot} numbers have a point before their decimals")
    if comma or dot:
        return Signs(
            "," if comma > dot else ".", None, 0.5, f"{comma} decimals with ',', {dot} '.'"
        )
    return _without_decimals(votes, spaces, quoted=quoted, delimiter=delimiter)


def _without_decimals(
    votes: Counter[str], spaces: str | None, *, quoted: bool, delimiter: str | None
) -> Signs:
    if votes["thousands ,"]:
        return Signs(".", ",", 0.97, "numbers with several commas")
    if votes["thousands ."]:
        return Signs(",", ".", 0.97, "numbers with several points")
    if votes["either ,"]:
        quotes = Signs(".", ",", 0.9, "numbers in quotes for their commas, none with a point")
        alike = Signs(",", spaces, 0.5, "every comma stands before three digits")
        return quotes if delimiter == "," else alike
    if votes["either ."]:
        sure = 0.9 if delimiter == "," else 0.5
        thousands = "," if quoted and delimiter == "," else spaces
        return Signs(".", thousands, sure, "every point stands before three digits")
    if delimiter == ";":
        return Signs(
            ",",
            spaces,
            0.9,
            "no number has decimals; semicolons part cells where commas are decimal",
        )
    return Signs(".", "," if quoted and delimiter == "," else spaces)


@lru_cache(maxsize=200_000)
def number(cell: str, decimal: str = ".", thousands: str | None = None) -> Decimal | None:
    """The number that a cell holds; none where it holds none, or is written in another way."""
    text = cell.strip()
    if decimal == "." and _PLAIN.match(text):
        plain = Decimal(text)
        return plain if abs(plain.adjusted()) <= _MOST_DIGITS else None
    found = _NUMBER.match(text)
    if not found or (unit := _UNITS.get(found["unit"].casefold())) is None:
        return None
    core = found["core"].strip()
    for sign in {*_SPACES, thousands or ""} - {""}:
        core = core.replace(sign, "")
    try:
        value = Decimal(core.replace(decimal, ".") if decimal != "." else core) * unit
    except InvalidOperation:
        return None
    if abs(value.adjusted()) > _MOST_DIGITS:
        return None
    negative = found["open"] or found["after"] or (found["sign"] + found["inner"]).strip("+")
    return -value if negative and (found["sign"] + found["inner"]) not in ("▲", "△") else value


def marks(cells: Iterable[str]) -> list[str]:
    """The marks by which cells say that there is nothing, but for the empty cell."""
    return sorted({cell.strip() for cell in cells if cell.strip() and is_missing(cell)})
