"""Figures of the page Flow: what of the options of a session was traded and is held.

Each function answers with a frame, whose `missing` says what the answer is without. How they are
drawn is told in `flow_drawing`.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa

from indextracker.reader import Frame, Lakehouse
from indextracker_catalogue.analytics import (
    OPTION_FLOW,
    OPTION_FLOW_EXPIRIES,
    VOLATILITY_INDEX,
)

_SIDES = ("call", "put")


def newest(lakehouse: Lakehouse) -> date:
    """The newest session with flow.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(OPTION_FLOW_EXPIRIES.path, columns=["session_date"]).rows
    found: date = rows["session_date"][0].as_py()
    return found


def by_strike(lakehouse: Lakehouse, product: str, on: date, contract: str, part: str) -> Frame:
    """The flow of one expiry, by strike.

    Args:
        lakehouse: Where it is.
        product: A product of options.
        on: The session.
        contract: An expiry or an expire code.
        part: What was traded in which part: `whole`, `day` or `night`. What is held is that at the
            end of the session.

    Returns:
        A frame with the columns of `gold/option_flow`, strikes as doubles.

    Raises:
        LookupError: The product, the contract or the session is not known.
        ValueError: It is no product of options.
    """
    frame = _flow(lakehouse, OPTION_FLOW.path, product, on, contract)
    rows = frame.polars().with_columns(pl.col("strike").cast(pl.Float64)).sort("strike")
    held = [f"{side}_open_interest{of}" for side in _SIDES for of in ("", "_change")]
    series = ["session_date", "product", "expiry", "strike"]
    at_the_end = rows.filter(pl.col("session_part") == "whole").select(*series, *held)
    traded = rows.filter(pl.col("session_part") == part).drop(held)
    joined = traded.join(at_the_end, on=series, how="full", coalesce=True).sort("strike")
    return Frame(joined.to_arrow(), frame.gaps)


def expiry(lakehouse: Lakehouse, product: str, on: date, contract: str) -> Frame:
    """The figures of one expiry, a row a part of the session: as `gold/option_flow_expiries`."""
    return _flow(lakehouse, OPTION_FLOW_EXPIRIES.path, product, on, contract)


def ratios(lakehouse: Lakehouse, product: str, last: date, sessions: int, part: str) -> Frame:
    """Puts to calls of all expiries of a product, session by session.

    Returns:
        A frame with `session_date`; `contracts`, `turnover` and `open_interest`, puts to calls;
        and of calls and puts each what these are made of, such as `call_contracts`. Open interest
        is that at the end of the session, whatever the part.
    """
    frame = lakehouse.table(
        OPTION_FLOW_EXPIRIES.path, last=last, sessions=sessions, where={"product": product}
    )
    of_part = pl.col("session_part") == part
    whole = pl.col("session_part") == "whole"
    counted = {"contracts": of_part, "turnover": of_part, "open_interest": whole}
    sums = [
        # The sum of nothing would be nought, where it is not known.
        pl.when(pl.col(f"{side}_{of}").filter(rows).count() > 0)
        .then(pl.col(f"{side}_{of}").filter(rows).cast(pl.Float64).sum())
        .alias(f"{side}_{of}")
        for of, rows in counted.items()
        for side in _SIDES
    ]
    rows = (
        frame.polars()
        .group_by("session_date")
        .agg(sums)
        .with_columns(
            pl.when(pl.col(f"call_{of}") > 0)
            .then(pl.col(f"put_{of}") / pl.col(f"call_{of}"))
            .alias(of)
            for of in counted
        )
        .sort("session_date")
    )
    return Frame(rows.to_arrow(), frame.gaps)


def volatility_index(lakehouse: Lakehouse, on: date) -> Frame:
    """The volatility index through a day: as `gold/volatility_index`, in order."""
    frame = lakehouse.table(VOLATILITY_INDEX.path, sessions=[on])
    return Frame(frame.polars().sort("observed_at").to_arrow(), frame.gaps)


def _flow(lakehouse: Lakehouse, path: str, product: str, on: date, contract: str) -> Frame:
    """Rows of an expiry, which may be named by a code."""
    chain = lakehouse.chain(product, on, contract=contract)
    expiries = chain.rows["expiry"].unique().to_pylist()
    found = lakehouse.table(path, sessions=[on], where={"product": product, "expiry": expiries})
    gaps = pa.concat_tables([chain.missing.rows, found.missing.rows]).combine_chunks()
    return Frame(found.rows, gaps)
