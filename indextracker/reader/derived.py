"""What follows from the bars of futures and options: continuous futures, the basis, smiles.

The rest of `Lakehouse`, and how a span is named, are in `lakehouse`; how each is computed is in the
module of its name.
"""

from __future__ import annotations

from collections.abc import Iterable

from indextracker.reader.bars_and_trades import PARTS, Asked, Markets
from indextracker.reader.contracts import Front, Position
from indextracker.reader.frames import Frame
from indextracker.reader.names import known
from indextracker.reader.spans import Day
from indextracker_catalogue.shared.rolling import CALENDAR, POSITIONS, ROLL_RULES


class Derived:
    """The part of `Lakehouse` that follows from the bars of futures and options."""

    _markets: Markets

    def continuous(  # noqa: PLR0913 - people name what they want of it
        self,
        product: str,
        *,
        rule: str = CALENDAR,
        position: int = 1,
        roll: int = 0,
        adjust: str | None = None,
        minutes: int | None = None,
        per: str | None = None,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
        part: str | None = None,
    ) -> Frame:
        """A continuous future: the front months of the sessions, one after the other.

        The front month of a session is the monthly contract that ends next, by the dates of the
        exchange and not by what was traded. How far two contracts are apart is measured in the last
        session of the old one, as the median over the minutes in which both were traded. Of futures
        on an index there are the series of gold/continuous_futures too: by another rule, and of
        the contracts after the front one.

        Args:
            product: A product of futures, such as `TX`.
            rule: By what a contract gives way to the next: by `calendar`, it is kept to the end; by
                `volume` or `open_interest`, once the next one had more of it.
            position: 1 for the front contract, 2 and 3 for those after it.
            roll: By calendar, so many sessions before its last one the front month gives way.
            adjust: How earlier prices are made to fit to those of the last contract of the span:
                by `difference`, which keeps differences of prices, or by `ratio`, which keeps
                returns. By default prices are as traded.
            minutes: As of `bars`.
            per: `session`, instead of minutes.
            first: First session, or instant.
            last: Last session, or instant after the last.
            sessions: So many sessions up to `last`, or a list of days.
            part: `night` or `day` of a session; by default both, of `per` the whole.

        Returns:
            A frame with the columns of `bars`, whose `expiry` is the contract, and `adjustment`
            (double): what was added to prices (points), or what they were multiplied by; null as
            traded. `std` is multiplied too; contracts stay. Where in the session of a roll no
            minute has both contracts, earlier prices are null, and `missing` has the session as
            `not_joined`.

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: It is no product of futures, no rule dates its expiries, or an argument
                cannot be read.
            LookupError: The lake does not have the table, or did not at that instant.
        """
        from indextracker.reader.continuous import ADJUSTMENTS, continuous  # noqa: PLC0415 - numpy

        if not isinstance(roll, int) or roll < 0:
            raise ValueError(f"`roll` is {roll!r}: a number of sessions, 0 or more")
        rule = known(rule, ROLL_RULES, "rule of rolling")
        if position not in range(1, POSITIONS + 1):
            raise ValueError(f"`position` is {position!r}: there are 1 to {POSITIONS}")
        by_dates = (rule, position) == (CALENDAR, 1)
        if roll and not by_dates:
            raise ValueError("`roll` is of the first position by calendar alone: leave it out")
        if per is not None:
            per = known(per, ("session",), "period of a continuous future")
        return continuous(
            self._markets,
            Asked(
                product,
                Front(roll) if by_dates else Position(rule, position),
                first=first,
                last=last,
                sessions=sessions,
                part=None if part is None else known(part, PARTS, "part of the session"),
            ),
            1 if minutes is None and per is None else minutes,
            per,
            None if adjust is None else known(adjust, ADJUSTMENTS, "adjustment"),
        )

    def basis(
        self,
        product: str,
        contract: str | None = None,
        *,
        minutes: int | None = None,
        per: str | None = None,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | Iterable[Day] | None = None,
    ) -> Frame:
        """What futures cost more than the index that they deliver, at the same minutes.

        Futures trade longer than the index is published. Compared are the last prices of one and
        the same minute: of a longer bar, or of a session, those of the last minute in it in which
        both had one. Expected dividends are in the basis.

        Args:
            product: A product of futures on one of the indices, such as `TX`.
            contract: An expiry or an expire code; by default all contracts.
            minutes: A row for so many minutes; 1 by default.
            per: `session`, instead of minutes: a row at the close of the index.
            first: First session, or instant.
            last: Last session, or instant after the last.
            sessions: So many sessions up to `last`, or a list of days.

        Returns:
            A frame with a row per contract and bar in which both had a price, by time:
            session_date, product, expiry, last_trading_date, index_id, `bar_start` (timestamp in
            UTC; not with `per`), `minute` (timestamp in UTC, the start of the minute of both
            prices), `future_price` and `index_level` (points), `basis` (points, the one less the
            other), `basis_percent` (of the index).

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: The span holds no session.
            ValueError: It is no product of futures, or delivers none of the indices, or an argument
                cannot be read.
            LookupError: The lake does not have a table, or did not at that instant.
        """
        from indextracker.reader.basis import basis  # noqa: PLC0415 - not for who reads bars

        if minutes is None and per is None:
            minutes = 1
        asked = Asked(product, contract, first=first, last=last, sessions=sessions)
        return basis(self._markets, asked, minutes, per)

    def smile(
        self,
        product: str,
        on: Day | None = None,
        contract: str = "M",
        *,
        within: int = 15,
        rate: float = 0.0,
    ) -> Frame:
        """The volatilities that the options of one expiry imply, by strike.

        Prices are the last ones up to the end of a minute. The forward follows from put-call
        parity, as the median over the five strikes at which call and put cost most alike; the
        volatility from F. Black's formula of 1976. Time is counted in seconds up to the close of
        the last trading day, of a year of 365 days.

        Args:
            product: A product of options, such as `TXO`.
            on: The session, at whose close prices are taken, or an instant; by default the newest
                session that is there.
            contract: An expiry (`202412`) or an expire code (`M`, `W`).
            within: A price counts if it is of the last so many minutes.
            rate: Interest a year, continuously compounded, by which premiums are discounted.

        Returns:
            A frame with a row per strike that was traded in the session up to then, by strike:
            session_date, product, expiry, last_trading_date; `at` (timestamp in UTC), `years` to
            expiry and `forward` (points), the same in all rows; strike (decimal); `moneyness`, the
            logarithm of strike over forward; of the call and of the put each `_price` (points),
            `_traded_at` (start of the minute of the last trade), `_volatility` (a year, as a
            fraction) and `_reason`, why there is none; `volatility`, that of the one out of the
            money; `mid_volatility`, the mean of call and put where both have one.

        Raises:
            UnknownNameError: A name is not known; it says which may be meant.
            NoSessionError: It is no session.
            ValueError: It is no product of options, its expiry has no date, or an argument cannot
                be read.
            LookupError: The lake does not have a table, or did not at that instant.
        """
        from indextracker.reader.smiles import smile  # noqa: PLC0415 - numpy

        return smile(self._markets, product, on, contract, within, rate)
