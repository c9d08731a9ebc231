"""What a lakehouse has of instruments: bars, trades, contracts and options chains.

The rest of `Lakehouse`, and how a span is named, are in `lakehouse`; how rows are found, in
`markets`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from indextracker.reader.bars_and_trades import PARTS, WHOLE, Asked, Markets
from indextracker.reader.frames import Frame
from indextracker.reader.names import known
from indextracker.reader.spans import Day


class Instruments:
    """The part of `Lakehouse` that is of indices, ETFs, futures and options."""

    _markets: Markets

    def instruments(self) -> dict[str, str]:
        """The names of all instruments with bars, each with its kind."""
        return self._markets.instruments()

    def bars(  # noqa: PLR0913 - people name what they want of it
        self,
        instrument: str,
        contract: str | None = None,
        *,
        minutes: int | None = None,
        per: str | None = None,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        part: str | None = None,
        strike: float | Decimal | str | None = None,
        option_type: str | None = None,
    ) -> Frame:
        """Bars of an instrument.

        Args:
            instrument: An index (`TAIEX`), an ETF (`006204`), a product of futures (`TX`) or of
                options (`TXO`).
            contract: An expiry (`202412`), or an expire code (`M`, `M+1`, `W`, `F`, `Q+1`), which
                is a contract of its own in each session; `M/M+1` is the calendar spread of two.
                By default all contracts, without spreads.
            minutes: Length of a bar: 1, 5, 15, 30 and 60 are stored, any other that divides a day
                is rolled up from exact sums, to the bit as it would be made of trades.
            per: Instead of minutes: `session`, `week`, `month`, `quarter` or `year`.
            first: First session, or instant.
            last: Last session, or instant after the last.
            sessions: So many sessions up to `last`, or a list of days.
            part: `night` or `day` of a session; by default both, of `per` the whole.
            strike: Strike of options.
            option_type: `C` or `P`.

        Returns:
            A frame with a row per contract, part of a session and bar with a trade, in the order of
            sessions and time. Columns are those of `gold/index_bars`, `etf_bars`, `futures_bars`,
            `spread_bars` or `option_bars` in the data dictionary without the exact sums: prices in
            points or currency (double), contracts or shares (int64), `bar_start` the start of the
            bar (timestamp in UTC). With `per` there is no `bar_start`, and of periods longer than a
            session `session_date` is the first one with a row, `last_session_date` the last.

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: An argument cannot be read, or does not go with another.
            LookupError: The lake does not have the table, or did not at that instant.
        """
        if minutes is None and per is None:
            minutes = 1
        asked = Asked(instrument, contract, strike, option_type, first, last, sessions, _part(part))
        return self._markets.bars(asked, minutes, per)

    def trades(  # noqa: PLR0913 - people name what they want of it
        self,
        instrument: str,
        contract: str | None = None,
        *,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        part: str | None = None,
        strike: float | Decimal | str | None = None,
        option_type: str | None = None,
    ) -> Frame:
        """What was printed of an instrument: trades, sides of options, levels of an index.

        Args:
            instrument: As of `bars`.
            contract: As of `bars`.
            first: First session, or instant.
            last: Last session, or instant after the last.
            sessions: So many sessions up to `last`, or a list of days.
            part: `night` or `day` of a session; by default both.
            strike: Strike of options.
            option_type: `C` or `P`.

        Returns:
            A frame with a row per line of the document, in its order, which is that of time inside
            one contract. Columns are those of `silver/futures_trades`, `futures_spreads`,
            `option_trades` (where two `sides` make a contract), `etf_trades` or `index_levels`.

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: An argument cannot be read, or does not go with another.
            LookupError: The lake does not have the table, or did not at that instant.
        """
        return self._markets.trades(
            Asked(instrument, contract, strike, option_type, first, last, sessions, _part(part))
        )

    def contracts(
        self,
        product: str,
        contract: str | None = None,
        *,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
    ) -> Frame:
        """The contracts of a product in each session, with their codes and dates.

        Args:
            product: A product of futures or of options.
            contract: An expiry or an expire code; by default all.
            first: First session.
            last: Last session.
            sessions: So many sessions up to `last`, or a list of days.

        Returns:
            A frame with the columns of `silver/contracts`: a row per session, expiry and code.

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: The instrument has no contracts.
        """
        asked = Asked(product, contract, first=first, last=last, sessions=sessions)
        return self._markets.contracts(asked)

    def chain(
        self,
        product: str,
        on: Day | None = None,
        *,
        contract: str | None = None,
        part: str = WHOLE,
        option_type: str | None = None,
    ) -> Frame:
        """The options chain of a session.

        Args:
            product: A product of options, such as `TXO`.
            on: The session; by default the newest that is there.
            contract: An expiry or an expire code; by default all expiries.
            part: Whose prices and volume: `whole`, `day` or `night`.
            option_type: `C` or `P`; by default both.

        Returns:
            A frame with a row per series that was traded or is in the exchange's daily report, by
            expiry, strike and type: session_date, product, expiry, strike (decimal), option_type,
            `expire_codes` (text, joined by commas), last_trading_date, open, high, low,
            close, mean, std (quote), contracts, prints, and the exchange's settlement_price and
            open_interest (null without its report).

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: It is no session.
            ValueError: It is no product of options.
        """
        day = None if on is None else [on]
        asked = Asked(product, contract, option_type=option_type, sessions=day)
        return self._markets.chain(asked, known(part, (*PARTS, WHOLE), "part of the session"))


def _part(part: str | None) -> str | None:
    return None if part is None else known(part, PARTS, "part of the session")
