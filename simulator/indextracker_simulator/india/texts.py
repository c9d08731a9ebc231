"""How the exchange writes numbers and dates, whatever the computer's language; zips of texts."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZIPPED_AT = (2011, 1, 3, 18, 30, 0)  # the same for equal contents


def rupees(paise: int) -> str:
    """Return an amount with two decimals."""
    sign = "-" if paise < 0 else ""
    return f"{sign}{abs(paise) // 100}.{abs(paise) % 100:02d}"


def plain(paise: int) -> str:
    """Return an amount without needless zeros."""
    return rupees(paise).rstrip("0").rstrip(".")


def hundredths(numerator: int, denominator: int) -> str:
    """Return a ratio of whole numbers with two decimals, half a hundredth rounded up."""
    return rupees((200 * numerator + denominator) // (2 * denominator))


def month(day: date) -> str:
    """Return the month as three letters, such as Jan."""
    return _MONTHS[day.month - 1]


def month_number(letters: str) -> int:
    """Return the number of a month of three letters, 0 where there is no such month."""
    return 1 + _MONTHS.index(letters.title()) if letters.title() in _MONTHS else 0


def dated(day: date) -> str:
    """Return a day such as 26-Jan-2024."""
    return f"{day:%d}-{month(day)}-{day:%Y}"


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip of these entries."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, _ZIPPED_AT)
            writer.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
