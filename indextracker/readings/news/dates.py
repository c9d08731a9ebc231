"""Times of publication as feeds write them, in any of the forms that have been seen.

RSS asks for that of RFC 822, and gets others. Libraries read them by halves: a zone that they do
not know is left out, and 2016/6/29 becomes the first of June. What is not certain is no time here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

_NAMES: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_MONTHS: Final = {_NAMES[3 * n : 3 * n + 3].lower(): n + 1 for n in range(12)}
_CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(:(?P<second>\d\d)(\.\d+)?)?"
_ZONE: Final = r"\s*((?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)|(?P<name>[A-Za-z]+))?"
# Mon, 29 Apr 2024 09:30:00 +0530, or 29-Apr-2024 09:30:00; 2016/6/29 15:07:41, or ISO 8601.
_FORMS: Final = (
    re.compile(
        rf"([A-Za-z]+,?\s+)?(?P<day>\d{{1,2}})[ -](?P<month>[A-Za-z]{{3}})[ -](?P<year>\d{{4}})\s+"
        rf"{_CLOCK}{_ZONE}"
    ),
    re.compile(
        rf"(?P<year>\d{{4}})[/-](?P<month>\d{{1,2}})[/-](?P<day>\d{{1,2}})(\s+|T){_CLOCK}{_ZONE}"
    ),
)
# Those of RFC 822, in hours; IST is of India, Israel and Ireland, and told by the feed.
_OFFSETS: Final = {
    **dict.fromkeys(("GMT", "UT", "UTC", "Z"), 0),
    "EDT": -4,
    "EST": -5,
    "CDT": -5,
    "CST": -6,
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
}


def instant(text: str, zone: tzinfo, names: tuple[str, ...] = ()) -> datetime | None:
    """The instant that a text tells.

    Args:
        text: A date and a time of day, with or without a zone.
        zone: The zone of the feed, for a time without one.
        names: Further names of that zone.

    Returns:
        The instant in UTC; None for a text of another form, for a zone that is not known and for a
        day that is none.
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text.strip()))), None)
    if found is None:
        return None
    month = found["month"]
    try:
        offset = _offset(found, zone, names)
        local = datetime(
            int(found["year"]),
            int(month) if month.isdecimal() else _MONTHS[month.lower()],
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
            tzinfo=offset,
        )
        return None if offset is None else local.astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _offset(found: re.Match[str], zone: tzinfo, names: tuple[str, ...]) -> tzinfo | None:
    """The zone of a time; None where it is told by a name that is not known."""
    if sign := found["sign"]:
        minutes = 60 * int(found["hours"]) + int(found["minutes"])
        return timezone(timedelta(minutes=-minutes if sign == "-" else minutes))
    name = (found["name"] or "").upper()
    if not name or name in names:
        return zone
    return timezone(timedelta(hours=_OFFSETS[name])) if name in _OFFSETS else None
