"""What the publishers' files leave unsaid: products, ETFs, index names, closures, special sessions.

Each kind of fact is one CSV file beside this module, every row with the source it was taken from.
A file that breaks a rule is refused with its name and line. Facts only: trading days are computed
in ``indextracker.calendars``, and expiries in Spark. What is inferred says so in its source, and a
cell that is not known is empty. Such facts become outdated unnoticed: ``reviewed.csv`` says up to
which day each kind was reviewed.

A product's hours are bounds: they contain every print. Where the start of a night session is not
established, the row carries the night hours for all its time: no earlier print contradicts them.
"""

from __future__ import annotations

import functools
from datetime import date, timedelta
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from indextracker.reference.closures import read_closures, read_special_sessions
from indextracker.reference.facts import Facts, matching, one_of
from indextracker.reference.reviews import Reviews
from indextracker.reference.rows import Row
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import (
    NO_RULE,
    THIRD_FRIDAY_BEFORE_QUARTERLY,
    THIRD_LAST_SESSION_EVEN,
    THIRD_WEDNESDAY,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indextracker.reference.facts import Fact

FOLDER: Final = resources.files(__name__)

EXPIRY_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        THIRD_WEDNESDAY: (
            "Months: third Wednesday. Weeklies: Wn the nth Wednesday, Fn the nth Friday. "
            "Moved to the next session where closed. Settled the same day."
        ),
        THIRD_FRIDAY_BEFORE_QUARTERLY: (
            "March, June, September, December: third Friday, moved to the session before where "
            "closed. Settled the next session."
        ),
        THIRD_LAST_SESSION_EVEN: (
            "Even months: third last session of the month. Settled the next session."
        ),
        NO_RULE: "No rule that the exchange's own calendar can answer: no dates.",
    }
)
"""Every expiry rule a product may name, with its meaning."""

KINDS: Final = frozenset({"index", "foreign_index", "stock", "etf", "fx", "commodity"})
"""What a product may be a derivative of; ``index`` means an index of Taiwanese shares."""

INSTRUMENTS: Final = frozenset({t.FUTURES, t.OPTIONS})
"""What a product may be."""

TAIFEX_OPENED: Final = date(1998, 7, 21)
"""First session of the exchange: terms without a known start."""

INDEX_ID: Final = matching(r"[A-Z][A-Z0-9_]*")


def _check_terms(product: Fact) -> None:
    """The hours of a product, texts that sort as times do, and the span of its terms."""
    night_open, night_close = product["night_open"], product["night_close"]
    if not product["day_open"] < product["last_day_close"] <= product["day_close"]:
        raise ValueError(
            "the day session must open before it closes, on the last day no later than else."
        )
    if (night_open is None) != (night_close is None):
        raise ValueError("night_open and night_close are given both or not at all.")
    if product["trades_after_last_day"] and night_open is None:
        raise ValueError("trades_after_last_day is true of a product without a night session.")
    if night_open is not None and night_open <= product["day_close"]:
        raise ValueError("the night session must open after the close of the day session.")
    if night_close is not None and night_close >= product["day_open"]:
        raise ValueError("the night session must close before the day session opens.")
    if product["valid_to"] and product["valid_from"] > product["valid_to"]:
        raise ValueError("valid_from is after valid_to.")


def _check_spans(products: Sequence[tuple[int, Fact]]) -> None:
    """The terms of a product follow each other."""
    ordered = sorted(products, key=lambda entry: (entry[1]["product"], entry[1]["valid_from"]))
    for (earlier_line, earlier), (line, later) in pairwise(ordered):
        ends = earlier["valid_to"]
        if earlier["product"] == later["product"] and not (ends and ends < later["valid_from"]):
            raise ValueError(
                f"products.csv, line {line}: the validity of {later['product']} overlaps that of "
                f"line {earlier_line}."
            )


def _check_names(indices: Sequence[tuple[int, Fact]]) -> None:
    """All names of an id are of one index."""
    first: dict[str, Fact] = {}
    for line, entry in indices:
        known = first.setdefault(entry["index_id"], entry)
        if (known["name"], known["market"]) != (entry["name"], entry["market"]):
            raise ValueError(
                f"indices.csv, line {line}: {entry['index_id']} has another name or market than "
                "in an earlier line."
            )


# The terms of products over spans of sessions. A check finds products without a row; no check
# finds terms that changed.
PRODUCTS: Final = Facts(
    t.PRODUCTS,
    FOLDER,
    good_for=timedelta(days=2 * 365),
    optional={
        **dict.fromkeys(("underlying", "multiplier", "tick_size", "night_open", "night_close")),
        "valid_from": TAIFEX_OPENED,
        "valid_to": None,
    },
    readers={
        "product": matching(r"[A-Z0-9]{2,3}"),
        "kind": one_of(KINDS),
        "instrument": one_of(INSTRUMENTS),
        "currency": matching(r"[A-Z]{3}"),
        **dict.fromkeys(
            ("day_open", "day_close", "last_day_close", "night_open", "night_close"), Row.clock
        ),
        "expiry_rule": one_of(EXPIRY_RULES),
    },
    check=_check_terms,
    check_all=_check_spans,
)

# Names of the index report, in the order of its columns; an index that was renamed has several. A
# check finds indices without a row.
INDICES: Final = Facts(
    t.INDICES,
    FOLDER,
    good_for=timedelta(days=10 * 365),
    readers={"index_id": INDEX_ID},
    check_all=_check_names,
)

# The terms of a fund stay.
ETFS: Final = Facts(
    t.ETFS,
    FOLDER,
    good_for=timedelta(days=10 * 365),
    optional={"listed_on": None},
    readers={"symbol": matching(r"[0-9]{4,6}[A-Z]?"), "underlying": INDEX_ID},
)

REVIEWS: Final = Reviews(
    FOLDER,
    MappingProxyType(
        {
            # Typhoons close the exchange some days a year, nearly all from July to October: a
            # quarter without a look may miss a season.
            "closures": timedelta(days=90),
            # The library's holidays are an estimate beyond the published schedules.
            "holidays": timedelta(0),
            # Make-up Saturdays would be in the schedule of a year.
            "special_sessions": timedelta(days=365),
            **{facts.table.name: facts.good_for for facts in (PRODUCTS, INDICES, ETFS)},
        }
    ),
)


# Every unscheduled closure since 2015, and the make-up Saturdays.
closures: Final = functools.cache(functools.partial(read_closures, FOLDER))
special_sessions: Final = functools.cache(functools.partial(read_special_sessions, FOLDER))
