"""One trading day of the exchange: its trades, levels and figures, and every document about them.

Each part is made when it is first used. exchange.py decides when a document is published.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from indextracker_simulator.taiwan import (
    daily,
    etf,
    finmind,
    options,
    taifex,
    taifex_ticks,
    twse,
    unreadable,
)
from indextracker_simulator.taiwan.futures import Trading, trading
from indextracker_simulator.taiwan.indices import report

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from indextracker_simulator.taiwan.futures import Tape, Volume
    from indextracker_simulator.taiwan.indices import IndexReport
    from indextracker_simulator.taiwan.unreadable import UnreadableLine

Document = Literal[
    "futures",
    "combination",
    "totals",
    "options",
    "daily_futures",
    "daily_options",
    "index_json",
    "index_csv",
    "etf",
    "dawn_futures",
    "dawn_options",
]

DEFAULT_LEAD_SECONDS = 10


class Session:
    """All that happened on one trading day.

    Args:
        seed: Chooses the world; not negative.
        session_date: The trading day; one of the exchange's calendar.
        volume: How many rows it has.
        unreadable: Whether documents hold a few lines that cannot be read.
        lead_seconds: How far the derivatives run ahead of the index.
    """

    def __init__(
        self,
        seed: int,
        session_date: date,
        volume: Volume,
        unreadable: bool = True,
        lead_seconds: int = DEFAULT_LEAD_SECONDS,
    ) -> None:
        self.seed = seed
        self.session_date = session_date
        self.volume = volume
        self.lead_seconds = lead_seconds
        self.unreadable = unreadable

    @cached_property
    def index(self) -> IndexReport:
        """The index levels."""
        return report(self.seed, self.session_date)

    @cached_property
    def futures(self) -> Trading:
        """The trades of futures."""
        return trading(self.seed, self.session_date, self.volume, self.lead_seconds)

    @property
    def tape(self) -> Tape:
        """The futures rows that can be read."""
        return self.futures.tape

    @cached_property
    def options(self) -> options.OptionTape:
        """The option rows that can be read."""
        return options.tape(self.seed, self.session_date, self.volume, self.lead_seconds)

    @cached_property
    def etf(self) -> etf.EtfTape:
        """The trades of the ETF that can be read."""
        return etf.trades(self.seed, self.session_date)

    @cached_property
    def daily_futures(self) -> tuple[daily.Line, ...]:
        """The exchange's figures of futures."""
        return daily.futures_lines(self.seed, self.session_date, self.futures, self.lead_seconds)

    @cached_property
    def daily_options(self) -> tuple[daily.Line, ...]:
        """The exchange's figures of options."""
        return daily.option_lines(self.seed, self.session_date, self.options, self.lead_seconds)

    def slips(self, kind: Document) -> tuple[UnreadableLine, ...]:
        """Return the unreadable lines of a document, in their order."""
        return _SLIPS[kind](self) if self.unreadable and kind in _SLIPS else ()

    def document(self, kind: Document, dated: date | None = None) -> bytes:
        """Return a document of this session, complete and as published.

        Args:
            kind: Which one.
            dated: The day in the name of a dawn file, where it is not the session's: before a
                typhoon day the night part is published under the day that then has no session.
        """
        return _DOCUMENTS[kind](self, dated or self.session_date)


_SLIPS: dict[Document, Callable[[Session], tuple[UnreadableLine, ...]]] = {
    "futures": lambda s: unreadable.futures_slips(s.seed, s.session_date, s.tape),
    "combination": lambda s: unreadable.combination_slips(s.seed, s.session_date, s.futures),
    "options": lambda s: unreadable.option_slips(s.seed, s.session_date, s.options),
    "daily_futures": lambda s: unreadable.report_slips(s.seed, s.session_date, s.daily_futures),
    "daily_options": lambda s: unreadable.report_slips(s.seed, s.session_date, s.daily_options),
    "etf": lambda s: unreadable.etf_slips(s.seed, s.session_date, s.etf),
}

_DOCUMENTS: dict[Document, Callable[[Session, date], bytes]] = {
    "futures": lambda s, day: taifex_ticks.futures_zip(day, s.tape, s.slips("futures")),
    "combination": lambda s, day: taifex_ticks.combination_zip(
        day, s.futures, s.slips("combination")
    ),
    "totals": lambda s, day: taifex_ticks.totals_zip(day, s.futures),
    "options": lambda s, day: taifex_ticks.options_zip(day, s.options, s.slips("options")),
    "daily_futures": lambda s, day: taifex.daily_futures_csv(
        day, s.daily_futures, s.slips("daily_futures")
    ),
    "daily_options": lambda s, day: taifex.daily_options_csv(
        day, s.daily_options, s.slips("daily_options")
    ),
    "index_json": lambda s, day: twse.index_json(day, s.index),
    "index_csv": lambda s, day: twse.index_csv(day, s.index),
    "etf": lambda s, _day: finmind.trades_json(s.etf, s.slips("etf")),
    "dawn_futures": lambda s, day: taifex_ticks.futures_zip(
        day, s.tape.where(s.tape.night), dawn=True
    ),
    "dawn_options": lambda s, day: taifex_ticks.options_zip(
        day, s.options.where(s.options.night), dawn=True
    ),
}
