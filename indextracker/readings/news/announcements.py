"""The reading of announcements from the items of NSE's feed.

Times are India's, without a mark. Whose share an announcement is about is told by the name of its
filing, which begins with the exchange's own symbol.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from indextracker.readings import cells
from indextracker.readings.model import Reading, Records, Rule, quoting, unlike
from indextracker_catalogue.news import bronze as t
from indextracker_catalogue.news import forms, silver
from indextracker_catalogue.news.columns import INDIA

_FORM: Final = forms.ANNOUNCEMENT_LINE
_INDIA: Final = ZoneInfo(INDIA.zone)
_SUBJECT: Final = "|SUBJECT:"
# The name of a filing: the symbol, an underscore in place of its &, and the time.
_FILING: Final = re.compile(r"/([A-Z0-9_-]+)_[0-9]{14}_[^/]*$")


def _published(text: str) -> datetime:
    local = datetime.strptime(text, forms.INDIAN_INSTANTS).replace(tzinfo=_INDIA)
    return local.astimezone(UTC)


def _is_instant(text: str) -> bool:
    try:
        _published(text)
    except ValueError:
        return False
    return True


def is_of(text: str, day: date) -> bool:
    """Whether a time of publication is one of a day in India."""
    return _is_instant(text) and _published(text).astimezone(_INDIA).date() == day


OF_NSE = Reading(
    t.NSE_ANNOUNCEMENTS,
    _FORM,
    lambda lines, _: [
        cells.holds(
            lines.column("pub_date"),
            lambda texts: pa.array([_is_instant(text) for text in texts.to_pylist()], pa.bool_()),
        )
    ],
    (
        *(
            unlike(cell, form, f"unreadable {cell.replace('_', ' ')}")
            for cell, form in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
        Rule(
            lambda line, _: not _is_instant(line["pub_date"] or ""),
            quoting("unreadable pub date", "pub_date"),
        ),
    ),
)


def announcements(lines: pa.Table, day: date) -> pa.Table:
    """The announcements of a day; items of another day are left out.

    Args:
        lines: The lines that are read.
        day: The day in India.

    Returns:
        The columns of silver/announcements but the day.
    """
    rows = [_facts(line) for line in lines.to_pylist() if is_of(line["pub_date"], day)]
    kinds = {
        "line": pa.int64(),
        "published_at": pa.timestamp("us", tz="UTC"),
        **dict.fromkeys(("symbol", "name", "subject", "announcement", "url"), pa.string()),
    }
    return pa.table(
        {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    )


def _facts(line: dict[str, str]) -> dict[str, object]:
    announcement, _, subject = line["description"].partition(_SUBJECT)
    filing = _FILING.search(line["link"])
    return {
        "line": line["line"],
        "published_at": _published(line["pub_date"]),
        "symbol": filing[1].replace("_", "&") if filing else None,
        "name": line["title"],
        "subject": subject.strip() or None,
        "announcement": announcement.strip(),
        "url": line["link"] or None,
    }


PUBLISHED = Records(silver.ANNOUNCEMENTS, (OF_NSE,), announcements)
