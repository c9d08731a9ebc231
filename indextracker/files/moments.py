"""Dates and times as files write them: the format of a whole column, and what it leaves open.

A column is read by the formats of all of its cells together, never cell by cell: `01/02/2020` is
the day that `13/02/2020` in the same column makes it. Formats are those of `strptime`, with a few
of its own: `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `ROC/%m/%d` for years counted from 1911,
as Taiwan does, and `%d/%m/BE` for those counted from 543 before our era, as Thailand does.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import pairwise

_MONTHS = """
jan january januar janvier janv enero ene janeiro gennaio gen stycznia sty января янв ocak januari tammikuu jän
feb february februar fevrier février fevr févr febrero fevereiro fev febbraio lutego lut февраля фев şubat şub februari helmikuu
mar march märz maerz mrz mars marzo março marca марта мар mart maart maaliskuu mär
apr april avril avr abril abr aprile kwietnia kwi апреля апр nisan nis huhtikuu
may mai mayo maio mag maggio maja maj мая май mayıs mei toukokuu
jun june juni juin junio junho giugno giu czerwca cze июня июн haziran haz kesäkuu
jul july juli juillet juil julio julho luglio lug lipca lip июля июл temmuz tem heinäkuu
aug august août aout agosto ago sierpnia sie августа авг ağustos ağu augustus elokuu
sep sept september septembre septiembre setembro set settembre września wrz сентября сен eylül eyl syyskuu
oct october oktober okt octobre octubre outubro out ottobre ott października paź октября окт ekim eki lokakuu
nov november novembre noviembre novembro listopada lis ноября ноя kasım kas marraskuu
dec december dezember dez décembre decembre déc diciembre dic dezembro dicembre grudnia gru декабря дек aralık ara joulukuu
"""
MONTHS = {
    name: number
    for number, line in enumerate(_MONTHS.strip().splitlines(), start=1)
    for name in line.split()
}
_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_DAY = r"(?:[^\W\d]{2,9}\.?,?\s+)?"
_DATES = (
    ("ymd", r"(?P<y>\d{4})(?P<s1>[-/.]\ ?|\ )(?P<m>\d{1,2})(?P<s2>[-/.]\ ?|\ )(?P<d>\d{1,2})\.?"),
    ("ymd", r"(?P<y>\d{4})(?P<s1>[年년]\ ?)(?P<m>\d{1,2})(?P<s2>[月월]\ ?)(?P<d>\d{1,2})(?P<s3>[日일])"),
    ("compact", r"(?P<y>(?:1[89]|20)\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d)(?:\.0)?"),
    ("short", r"(?P<y>\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d)"),
    ("roc", r"(?P<y>\d{2,3})(?P<s1>[-/.年])(?P<m>\d{1,2})(?P<s2>[-/.月])(?P<d>\d{1,2})日?"),
    ("pair", r"(?P<a>\d{1,2})(?P<s1>[-/.]\ ?|\ )(?P<b>\d{1,2})(?P<s2>[-/.]\ ?|\ )(?P<y>\d{4})"),
    ("pair", r"(?P<a>\d{1,2})(?P<s1>[-/.])(?P<b>\d{1,2})(?P<s2>[-/.])(?P<y>\d{2})"),
    ("dby", rf"{_DAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?(?P<s1>[-/ .])(?:de\ )?(?P<mon>{_MONTH})\.?(?P<s2>,?[-/ ])(?:de\ )?(?P<y>\d{{4}}|\d{{2}})"),
    ("bdy", rf"{_DAY}(?P<mon>{_MONTH})\.?(?P<s1>[-/ ])(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?P<s2>,?[-/ ]\ ?)(?P<y>\d{{4}}|\d{{2}})"),
    ("ybd", rf"(?P<y>\d{{4}})(?P<s1>[-/ ])(?P<mon>{_MONTH})(?P<s2>[-/ ])(?P<d>\d{{1,2}})"),
    ("by", rf"(?P<mon>{_MONTH})\.?(?P<s1>[-/ ])(?P<y>\d{{4}}|\d{{2}})"),
    ("ym", r"(?P<y>(?:1[89]|20)\d{2})(?P<s1>[-/.年])(?P<m>[01]?\d)月?"),
)  # fmt: skip
_TIME = (
    r"(?:(?P<H>\d{1,2})(?P<t1>:)(?P<M>\d{2})(?::(?P<S>\d{2})(?P<f>[.,]\d{1,9})?)?"
    r"|(?P<H2>\d{2})(?P<M2>\d{2})(?:(?P<S2>\d{2})(?P<f2>\d{3})?)?|(?P<H3>\d{1,2}))"
    r"(?P<ap>[ -]?(?:[ap]\.?m\.?))?"
)
_ZONE = r"(?P<z>\ ?(?:UTC|GMT|Z)?\ ?[+-]\d{1,2}:?(?:\d{2})?|\ ?(?:Z|UTC|GMT)|\ [A-Z]{3,4}|\ [A-Z][A-Za-z]+/[A-Za-z_]+)?"
_JOIN = r"(?P<j>\ +|T|,\ ?|;|_|\ -\ |\ at\ )"
_WHOLE = tuple(
    (kind, re.compile(rf"{pattern}(?:{_JOIN}{_TIME}{_ZONE}|{_ZONE.replace('?P<z>', '?P<zd>')})$", re.IGNORECASE))
    for kind, pattern in _DATES
)  # fmt: skip
_CLOCK = re.compile(rf"{_TIME}{_ZONE}$", re.IGNORECASE)
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.\d+)?$")
_EPOCHS = {10: ("epoch_s", 1), 13: ("epoch_ms", 10**3), 16: ("epoch_us", 10**6), 19: ("epoch_ns", 10**9)}  # fmt: skip
# A day and a time of it without a sign between. Of twelve digits it is a time in 1970 to 1976, too,
# in milliseconds, of which no prices are.
_DIGITS = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])"
    r"(?P<H>[01]\d|2[0-3])(?P<M>[0-5]\d)(?P<S>[0-5]\d)?"
)
# A number of decimals is no day, but for 2021.03 and 20210301.0: most cells are such numbers, and
# each is compared with a dozen ways of writing days.
_DECIMALS = re.compile(r"-?(?:\d{1,3}|\d{5,7})\.\d+|-?\d{1,8}\.\d{3,}")
# Days from 1954 to 2064, with a fraction for the time of day, as spreadsheets count them.
SERIAL = "excel_serial"
_SERIAL = re.compile(r"[2-5]\d{4}(?:\.\d+)?$")
_FIRST_SERIAL = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zone
_JUNK = re.compile(r"[^\x20-\x7e\u00a0\u0100-\uffff]")
# Years that no file of prices has in our counting, and that files of Thailand have in theirs.
_BUDDHIST, _BUDDHIST_BEFORE = range(2440, 2640), 543
# Lesser years are those of other calendars, such as Iran's.
_FIRST_YEAR = 1500
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
# Zones by the letters that vendors write; EST and IST mean several, and are asked for.
_ABBREVIATIONS = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -300, "EDT": -240, "CST": None, "IST": None,
                  "MSK": 180, "JST": 540, "KST": 540, "CET": 60, "CEST": 120, "BST": 60, "HKT": 480,
                  "PST": -480, "PDT": -420, "CDT": -300, "SGT": 480}  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """A cell that was read; `a` and `b` are day and month in an order not yet known."""

    form: str
    year: int = 0
    month: int = 0
    day: int = 0
    a: int = 0
    b: int = 0
    clock: time | None = None
    offset: timedelta | None = None
    epoch: datetime | None = None


@dataclass
class Moments:
    """How a column of days is written.

    `forms` are the formats met, with how often; `orders` say of a form with day and month in
    either order which comes first: `d` or `m`.
    """

    forms: Counter[str] = field(default_factory=Counter)
    orders: dict[str, str] = field(default_factory=dict)
    share: float = 0.0
    undecided: bool = False
    contradicts: bool = False
    evidence: str = ""

    @property
    def format(self) -> str:
        """The formats, joined by + where there are several."""
        # May is as long in either way of writing a month: of names in full there are others.
        written = [
            form for form in self.forms if form.replace("%b", "%B") not in {*self.forms} - {form}
        ]
        ordered = (_ordered(form, self.orders.get(form, "d")) for form in written)
        return "+".join(dict.fromkeys(ordered))

    @property
    def has_time(self) -> bool:
        """Whether cells hold a time of the day."""
        return any("%H" in form or "%I" in form or "epoch" in form for form in self.forms)

    @property
    def has_zone(self) -> bool:
        """Whether cells say the offset or the zone."""
        return any(re.search(r"%z|UTC|GMT|epoch|Z$", form) for form in self.forms)

    def read(self, cell: str) -> datetime | None:
        """The moment in a cell, with its offset if it has one; none if it holds no date."""
        stamp = _serial(cell) if self.forms.keys() == {SERIAL} else stamped(cell)
        if stamp is None or stamp.form not in self.forms:
            return None
        return _moment(stamp, self.orders.get(stamp.form, "d"))


def _ordered(form: str, order: str) -> str:
    if order == "y":
        return form.replace("%y", "%d").replace("%1", "%y").replace("%2", "%m")
    first, second = ("%d", "%m") if order == "d" else ("%m", "%d")
    return form.replace("%1", first).replace("%2", second)


def _moment(stamp: Stamp, order: str) -> datetime | None:
    if stamp.epoch:
        return stamp.epoch
    year, month, day = stamp.year, stamp.month, stamp.day
    if stamp.a and order == "y":
        year, month, day = 2000 + stamp.a, stamp.b, stamp.year % 100
    elif stamp.a:
        day, month = (stamp.a, stamp.b) if order == "d" else (stamp.b, stamp.a)
    try:
        there = datetime.combine(date(year, month, day), stamp.clock or time())
    except ValueError:
        return None
    return there if stamp.offset is None else there.replace(tzinfo=timezone(stamp.offset))


@lru_cache(maxsize=200_000)
def stamped(cell: str) -> Stamp | None:
    """A cell as a date, with or without a time, in any of the ways of writing."""
    text = cell.strip()
    if not any(letter.isdigit() for letter in text) or _DECIMALS.fullmatch(text):
        return None
    if found := _DIGITS.fullmatch(text):
        year, month, day = map(int, found.group("y", "m", "d"))
        return _timed("%Y%m%d", Stamp("", year, month, day), found.groupdict())
    if _EPOCH.match(text):
        return _epoch(text)
    if stamp := _by_patterns(text):
        return stamp
    cut = _JUNK.split(text)[0]
    if cut == text or (stamp := _by_patterns(cut)) is None or text.startswith(cut + " "):
        return stamp
    return replace(stamp, form=f"{stamp.form} + {len(text) - len(cut)} junk bytes")


def _by_patterns(text: str) -> Stamp | None:
    for kind, pattern in _WHOLE:
        if (found := pattern.match(text)) and (stamp := _from(kind, found.groupdict())):
            return stamp
    return None


def _epoch(text: str) -> Stamp | None:
    whole = text.split(".", 1)[0]
    length = next(size for size in _EPOCHS if len(whole) <= size)
    form, per_second = _EPOCHS[length]
    seconds, rest = divmod(int(whole), per_second)
    if not 0 < seconds < 5 * 10**9:
        return None
    micros = rest * 10**6 // per_second
    return Stamp(form, epoch=_BEGIN + timedelta(seconds=seconds, microseconds=micros))


def _from(kind: str, got: dict[str, str | None]) -> Stamp | None:
    s1, s2 = got.get("s1") or "", got.get("s2") or ""
    long_year = len(got["y"] or "") == 4
    year = int(got["y"] or 0) + (0 if long_year else 2000 if int(got["y"] or 0) < 70 else 1900)
    y = "%Y" if long_year else "%y"
    if long_year and year in _BUDDHIST:
        y, year = "BE", year - _BUDDHIST_BEFORE
    month, day, a, b = int(got.get("m") or 0), int(got.get("d") or 0) or 1, 0, 0
    if got.get("mon"):
        name = (got["mon"] or "").casefold()
        month = MONTHS[name]
        mon = "%b" if len(name) <= 4 else "%B"
        dates = {"dby": f"%d{s1}{mon}{s2}{y}", "bdy": f"{mon}{s1}%d{s2}{y}",
                 "ybd": f"{y}{s1}{mon}{s2}%d", "by": f"{mon}{s1}{y}"}  # fmt: skip
        form = dates[kind]
    elif kind == "pair":
        a, b = int(got["a"] or 0), int(got["b"] or 0)
        if not long_year and (a > 31 or a == 0):
            return _year_first(got, a, b, s1 + "%m" + s2)
        if not 0 < min(a, b) <= 12 or max(a, b) > 31:
            return None
        form = f"%1{s1}%2{s2}{y}"
    elif kind == "roc":
        if len(got["y"] or "") == 2 and s1 != "年" and int(got["y"] or 0) < 80:
            return None
        year, form = int(got["y"] or 0) + 1911, f"ROC{s1}%m{s2}%d"
    else:
        form = {"compact": "%Y%m%d", "short": "%y%m%d", "ym": f"%Y{s1}%m"}.get(
            kind, f"{y}{s1}%m{s2}%d"
        )
        form += got.get("s3") or ""
    if year < _FIRST_YEAR:
        return None
    if not a and not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _timed(form, Stamp("", year, month, day, a, b), got)


def _year_first(got: dict[str, str | None], a: int, b: int, between: str) -> Stamp | None:
    """`99/12/31`, whose first number can be no day."""
    day = int(got["y"] or 0)
    if not (1 <= b <= 12 and 1 <= day <= 31):
        return None
    year = a + (2000 if a < 70 else 1900)
    return _timed(f"%y{between}%d", Stamp("", year, b, day), got)


def _timed(form: str, stamp: Stamp, got: dict[str, str | None]) -> Stamp | None:
    clock, time_form = _clock(got)
    if got.get("j") and clock is None:
        return None
    zone = got.get("z") or got.get("zd") or ""
    offset, zone_form = _zone(zone)
    if clock:
        form += re.sub(r"\ +", " ", got.get("j") or "") + time_form
    return Stamp(
        form + zone_form, stamp.year, stamp.month, stamp.day, stamp.a, stamp.b, clock, offset
    )


def _clock(got: dict[str, str | None]) -> tuple[time | None, str]:
    hour = got.get("H") or got.get("H2") or got.get("H3")
    if not hour or (got.get("H3") and not got.get("ap")):
        return None, ""
    minute, second = got.get("M") or got.get("M2"), got.get("S") or got.get("S2")
    joined = ":" if got.get("t1") else ""
    half = got.get("ap") or ""
    form = joined.join(
        ["%I" if half else "%H", *(["%M"] if minute else []), *(["%S"] if second else [])]
    )
    hours = int(hour)
    if half:
        form += half[: -len(half.lstrip(" -"))] if half.lstrip(" -") != half else ""
        form += "%p"
        hours = hours % 12 + (12 if "p" in half.casefold() else 0)
    fraction = got.get("f") or ""
    if fraction:
        form += f"{fraction[0]}%f"
    elif got.get("f2"):
        fraction = f".{got['f2']}"
        form += "%f"
    micros = int((fraction[1:] + "000000")[:6]) if fraction else 0
    try:
        return time(hours, int(minute or 0), int(second or 0), micros), form
    except ValueError:
        return None, ""


def _zone(written: str) -> tuple[timedelta | None, str]:
    said = written.strip()
    if not said:
        return None, ""
    if found := re.match(r"(UTC|GMT|Z)?\ ?([+-])(\d{1,2}):?(\d{2})?$", said, re.IGNORECASE):
        minutes = int(found[3]) % 24 * 60 + int(found[4] or 0) % 60
        before = written[: len(written) - len(written.lstrip())] + (found[1] or "")
        return timedelta(minutes=-minutes if found[2] == "-" else minutes), f"{before}%z"
    known = _ABBREVIATIONS.get(said.upper())
    return (None if known is None else timedelta(minutes=known)), written


def moments(cells: Sequence[str]) -> Moments:
    """How a column writes its days; `share` is the share of its filled cells that are dates."""
    stamps = Counter[Stamp]()
    filled = 0
    for cell in cells:
        if cell.strip():
            filled += 1
            if stamp := stamped(cell):
                stamps[stamp] += 1
    found = Moments()
    for stamp, times in stamps.items():
        found.forms[stamp.form] += times
    _drop_strays(found)
    _drop_days(found, cells)
    found.share = sum(found.forms.values()) / filled if filled else 0.0
    for form in found.forms:
        if "%1" in form:
            _decide(found, form, [stamp for stamp in stamps if stamp.form == form])
    return found


def serials(cells: Sequence[str]) -> Moments:
    """A column of days as spreadsheets count them: 1 is the first of January 1900."""
    filled = [cell for cell in cells if cell.strip()]
    read = sum(_serial(cell) is not None for cell in filled)
    share = read / len(filled) if filled else 0.0
    return Moments(Counter({SERIAL: read}), share=share, evidence="days counted from 1900")


def _serial(cell: str) -> Stamp | None:
    if not _SERIAL.match(cell.strip()):
        return None
    at = _FIRST_SERIAL + timedelta(days=float(cell))
    rounded = (at + timedelta(microseconds=500_000)).replace(microsecond=0)
    return Stamp(SERIAL, rounded.year, rounded.month, rounded.day, clock=rounded.time())


def _drop_strays(found: Moments) -> None:
    """A number or two that look like a date in a column of another form are none."""
    if not found.forms:
        return
    most = max(found.forms.values())
    for form in [form for form, times in found.forms.items() if times < most / 100]:
        del found.forms[form]


def _drop_days(found: Moments, cells: Sequence[str]) -> None:
    """`Mar 04, Mar 05`: days of a year that nobody tells, and no months of 2004 and 2005."""
    if not any(re.fullmatch(r"%[bB]\W%y", form) for form in found.forms):
        return
    months = [stamp.month for cell in cells if (stamp := stamped(cell))]
    if 2 * sum(a == b for a, b in pairwise(months)) > len(months):
        found.forms.clear()


def _decide(found: Moments, form: str, stamps: list[Stamp]) -> None:
    """Which of day and month comes first, by all cells of the form; or the year, of two digits."""
    if form.startswith("%1") and "%y" in form and _is_year_first(found, form, stamps):
        found.orders[form] = "y"
        found.evidence = "with the year in front the dates follow each other, and else they do not"
        return
    day_first = sum(stamp.a > 12 for stamp in stamps)
    month_first = sum(stamp.b > 12 for stamp in stamps)
    if day_first and month_first:
        found.contradicts = True
        found.orders[form] = "d" if day_first > month_first else "m"
        found.evidence = f"{day_first} dates begin with a day above 12, {month_first} with a month"
    elif day_first or month_first:
        found.orders[form] = "d" if day_first else "m"
        place = "first" if day_first else "second"
        found.evidence = f"the {place} number is above 12 in {day_first or month_first} dates"
    elif "." in form.split("%2", maxsplit=1)[0]:
        found.orders[form] = "d"
        found.evidence = "with points between them the day comes first everywhere"
    else:
        found.orders[form] = "d"
        found.undecided = True
        found.evidence = "no date has a number above 12 in either place"


def _is_year_first(found: Moments, form: str, stamps: list[Stamp]) -> bool:
    """Whether dates of two-digit years follow each other only if the first number is the year."""
    if _ordered(form, "y") in found.forms:
        return True
    year, day, month = (_unrest(stamps, order) for order in "ydm")
    return year < min(day, month)


def _unrest(stamps: list[Stamp], order: str) -> tuple[float, float]:
    """How often the dates turn from rising to falling or back, then the usual days between two.

    Infinite where one of them is no date, or there are too few to tell.
    """
    days = [_moment(stamp, order) for stamp in stamps]
    read = [day.replace(tzinfo=None) for day in days if day]
    if len(read) < len(days) or len(read) < 3:
        return math.inf, math.inf
    gaps = [(b - a).days for a, b in pairwise(read)]
    rising = sum(gap > 0 for gap in gaps)
    return min(rising, len(gaps) - rising) / len(gaps), sorted(map(abs, gaps))[len(gaps) // 2]


def clock_format(cells: Sequence[str]) -> tuple[str, float]:
    """The format of a column of times of the day, and the share of its cells that are such."""
    forms = Counter[str]()
    filled = 0
    for cell in cells:
        if cell.strip():
            filled += 1
            if form := _clock_form(cell.strip()):
                forms[form] += 1
    if not forms:
        return "", 0.0
    form, _ = forms.most_common(1)[0]
    if "as a number" in form:
        fits = sum(bool(_clock_form(cell.strip())) for cell in cells if cell.strip())
        return form, fits / filled
    return form, sum(forms.values()) / filled


@lru_cache(maxsize=100_000)
def _clock_form(text: str) -> str:
    if text.isdigit() and len(text) in (8, 9):
        return "HHMMSSmmm as a number" if read_clock(text) else ""
    if text.isdigit() and len(text) == 3:
        return "%H%M" if read_clock(text) else ""
    if text.isdigit() and len(text) == 5:
        return "HMMSS as a number" if read_clock(text) else ""
    if (found := _CLOCK.match(text)) and (got := _clock(found.groupdict()))[0] is not None:
        return got[1]
    return ""


@lru_cache(maxsize=100_000)
def read_clock(text: str) -> time | None:
    """A time of the day in a cell of its own."""
    cell = text.strip()
    if cell.isdigit() and len(cell) in (5, 8, 9):
        digits = cell.zfill(9) if len(cell) > 6 else cell.zfill(6) + "000"
        try:
            return time(int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6:]) * 1000)
        except ValueError:
            return None
    found = _CLOCK.match(cell.zfill(4) if cell.isdigit() else cell)
    return _clock(found.groupdict())[0] if found else None
