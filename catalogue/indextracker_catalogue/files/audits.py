"""Audits of price files: what rows of one instrument say of each other."""

from __future__ import annotations

from indextracker_catalogue.model import Audit

ONE_PRICE_AT_A_TIME = Audit(
    name="an_instrument_has_one_price_at_a_time",
    on="silver/file_prices",
    reads=(),
    meaning="No instrument has two rows of one time in a collection, but for ticks.",
    severity="warn",
    bad_rows="""
        select p.collection, p.ticker, p."at", count(*) as times
        from file_prices p
        where p."interval" <> 'tick'
        group by p.collection, p.ticker, p."at"
        having count(*) > 1
    """,
)
