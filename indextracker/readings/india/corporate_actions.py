"""The readings of corporate actions from the words of NSE: in its daily report, and of the past.

In the report an action is printed once for each series, and again each session until its ex-date.
Which of the lines are one action, and what it does to prices, is decided in gold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker.readings.india.values import are_days, day_of, no_day, unreadable
from indextracker.readings.model import Reading, Records, Rule, quoting, unlike
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

_FORM: Final = forms.ACTION_LINE
_DAYS: Final = ("ex_date", "record_date")
# 7, 7.50, .50, and at the end of a sum a /- as people write it.
_AMOUNT: Final = r"(?P<amount>[0-9]*\.?[0-9]+)"
_RUPEES: Final = r"R[SE]\.?\s*"
# New shares for shares held; of 1:11.10 it is not known what is meant.
_PARTS: Final = r"(?P<new>[0-9]+)\s*:\s*(?P<held>[0-9]+)(?![0-9]|\.[0-9])"
# What is offered beside shares, or is paid for in parts: what it leaves of a price is not told.
_NO_PLAIN_SHARES: Final = re.compile(
    r"PARTLY|WARRANT|DEBENTURE|CONVERTIBLE|PREFERENCE|\b(?:DVR|NCDS?|[CF]?CC?PS|CCDS?)\b"
)


def _is_day(text: str) -> bool:
    """Whether a cell is a day, or empty, as of what has no such day."""
    try:
        _day(text)
    except ValueError:
        return False
    return True


def _are_days(column: pa.ChunkedArray) -> Mask:
    return cells.holds(
        column, lambda days: pa.array([_is_day(text) for text in days.to_pylist()], pa.bool_())
    )


def _is_no_day(cell: str) -> Rule:
    return Rule(lambda line, _: not _is_day(line[cell] or ""), quoting(unreadable(cell), cell))


CORPORATE_ACTIONS = Reading(
    t.NSE_CORPORATE_ACTIONS,
    _FORM,
    lambda lines, _: [_are_days(lines.column(cell)) for cell in _DAYS],
    (
        *(
            unlike(cell, kind, unreadable(cell))
            for cell, kind in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
        *(_is_no_day(cell) for cell in _DAYS),
    ),
)

_FILED: Final = forms.FILED_ACTION_LINE
FILED_ACTIONS = Reading(
    t.NSE_FILED_ACTIONS,
    _FILED,
    lambda lines, _: [are_days(lines.column("ex_date"))],
    (
        no_day("ex_date"),
        *(
            unlike(cell, kind, unreadable(cell))
            for cell, kind in zip(_FILED.cells, _FILED.kinds[0], strict=True)
        ),
    ),
)


@dataclass(frozen=True)
class Action:
    """What the words of an action say.

    Attributes:
        kind: One of the catalogue's kinds.
        ratio: As of silver/corporate_actions.
        amount_inr: As of silver/corporate_actions.
    """

    kind: str
    ratio: float | None = None
    amount_inr: float | None = None


def actions(purpose: str) -> list[Action]:
    """The actions that a text names: one, or several that have one ex-date.

    Args:
        purpose: The words, such as `BONUS 1:1` or `FVSPLT FRM RS 10 TO RS 2`.

    Returns:
        One of each kind that is found; `other` where none is. Dividends are added up.
    """
    text = " ".join(purpose.upper().split())
    found: dict[str, Action] = {}
    for pattern, meaning in _MEANINGS:
        for match in re.finditer(pattern, text):
            action = meaning(match)
            before = found.get(action.kind)
            if before is None:
                found[action.kind] = action
            elif before.amount_inr and action.amount_inr and action.kind == "dividend":
                both = before.amount_inr + action.amount_inr
                found[action.kind] = Action("dividend", amount_inr=both)
    return list(found.values()) or [Action("other")]


def _share(match: re.Match[str]) -> float:
    """New shares for each share held; nothing for nothing."""
    held = int(match["held"])
    return int(match["new"]) / held if held else 0.0


def _bonus(match: re.Match[str]) -> Action:
    if match["other"]:
        return Action("preference_bonus")
    return Action("bonus", ratio=_share(match))


def _split(match: re.Match[str]) -> Action:
    after = float(match["after"])
    return Action("split", ratio=float(match["before"]) / after if after else None)


def _rights(match: re.Match[str]) -> Action:
    if _NO_PLAIN_SHARES.search(match.string):
        return Action("rights")
    amount = 0.0 if match["par"] else float(match["amount"]) if match["amount"] else None
    return Action("rights", ratio=_share(match), amount_inr=amount)


def _dividend(match: re.Match[str]) -> Action:
    amount = match["amount"]
    return Action("dividend", amount_inr=float(amount) if amount else None)


def _plain(kind: str) -> Callable[[re.Match[str]], Action]:
    return lambda _: Action(kind)


# FVSPLT FRM RS 10 TO RS 2 in reports; in lists Face Value Split (Sub-Division) - From Rs 10/- Per
# Share To Re 1/- Per Share, Fv Split Rs.10 To Rs.2, and Consolidation for the reverse.
_SPLIT: Final = (
    r"(?:SPL(?:I)?T|SUB-?\s?DIVISION|CONSOLIDATION)\b[^0-9]*?(?P<before>[0-9]+(?:\.[0-9]+)?)"
    rf"[^0-9]*?\bTO\s*(?:FACE VALUE\s*)?(?:{_RUPEES})?(?P<after>[0-9]*\.?[0-9]+)"
)
# RIGHTS 45:301@PRM RS 290, Rights At 2:1 At A Premium Of Rs.39.50 Per Share. A price that is not
# called a premium may be that of the whole share, so that it is not known.
_RIGHTS: Final = (
    rf"\bRIGHTS\b(?:\s*(?:ISSUE|EQ|AT|IS|OF|-|:))*\s*{_PARTS}"
    r"(?:[A-Z\s]*?(?:@|\bAT\b)\s*(?:A\s+)?"
    rf"(?:(?P<par>PAR)\b|(?:PRM|PREM(?:IUM)?)\b\.?\s*(?:OF\s+)?(?:{_RUPEES})?{_AMOUNT}))?"
)
# NCRPS: preference shares that are redeemed, given for shares.
_OF_OTHERS: Final = r"\s*(?:NCRPS|DEBENTURES?|PREF\w*)"
_BONUS: Final = (
    rf"\bBONUS\b(?P<other>{_OF_OTHERS})?"
    rf"(?:\s*(?:ISSUE|SHARES?|EQUITY|IN THE RATIO OF|OF|-|:))*\s*{_PARTS}"
)
_MEANINGS: Final[tuple[tuple[str, Callable[[re.Match[str]], Action]], ...]] = (
    (_BONUS, _bonus),
    (_SPLIT, _split),
    (_RIGHTS, _rights),
    # Named in words that are not understood: that it took place is known, and not how.
    (rf"\bBONUS{_OF_OTHERS}", _plain("preference_bonus")),
    (rf"\bBONUS\b(?!{_OF_OTHERS})", _plain("bonus")),
    (r"SPL(?:I)?T\b|\bSUB-?\s?DIVISION\b|\bCONSOLIDATION\b", _plain("split")),
    (r"\bRIGHTS\b", _plain("rights")),
    (rf"DIV(?:IDEND)?\b(?:[^0-9/]*?{_RUPEES}{_AMOUNT})?", _dividend),
    (r"\bDEMERGER\b", _plain("demerger")),
    (r"\bBUY\s*BACK\b", _plain("buyback")),
    (r"\bINT(?:EREST|REST|RST)?\s*PAY?M[E]?NT\b|\bINT PYMNT\b", _plain("interest")),
    (r"\bRE?DE?MPTI?O?N\b", _plain("redemption")),
    (r"\bCAP\w* RED\w*\b", _plain("capital_reduction")),
)


def announced(lines: pa.Table, filed: pa.Table, _: date) -> pa.Table:
    """The actions of a session, a row for each kind that a line names.

    Args:
        lines: The lines that are read of the session's report.
        filed: Those of imported lists whose ex-date the session comes before, or is.
        _: The session.

    Returns:
        The columns of silver/corporate_actions but the session.
    """
    rows = [*_rows(lines, _day), *_rows(filed, day_of)]
    kinds = {
        "line": pa.int64(),
        "document": pa.string(),
        "ex_date": pa.date32(),
        "record_date": pa.date32(),
        "symbol": pa.string(),
        "series": pa.string(),
        "kind": pa.string(),
        "ratio": pa.float64(),
        "amount_inr": pa.float64(),
        "face_value_inr": pa.float64(),
        "text": pa.string(),
    }
    return pa.table(
        {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    )


def _rows(lines: pa.Table, day_in: Callable[[str], date | None]) -> Iterator[dict[str, object]]:
    for line in lines.to_pylist():
        for action in actions(line["purpose"]):
            yield {
                "line": line["line"],
                "document": line["document"],
                "ex_date": day_in(line["ex_date"]),
                "record_date": day_in(line["record_date"] or ""),
                "symbol": line["symbol"],
                "series": line["series"] or None,
                "kind": action.kind,
                "ratio": action.ratio,
                "amount_inr": action.amount_inr,
                "face_value_inr": _face(line.get("face_value")),
                "text": line["purpose"],
            }


def _face(text: str | None) -> float | None:
    """The face value of a share, which lists of the past print and reports do not."""
    return float(text) if text and re.fullmatch(forms.PRICE, text) else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


ANNOUNCED = Records(silver.CORPORATE_ACTIONS, (CORPORATE_ACTIONS, FILED_ACTIONS), announced)
