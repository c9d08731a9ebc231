"""Columns that several tables of India's NSE share."""

from __future__ import annotations

from indextracker_catalogue.model import Column
from indextracker_catalogue.timeline import Sessions

XNSE = Sessions("XNSE")

SESSION = Column("session_date", "date", "Trading day of the exchange, in its local time.")
LINE = Column("line", "bigint", "Line in the document, from 1.")
SYMBOL = Column("symbol", "string", "The exchange's symbol of the security, such as INFY.")
SERIES = Column(
    "series", "string", "Series of the security, such as EQ; NA is a series like any other."
)
ISIN = Column("isin", "string", "International number of the security; null where none is known.")
TEXT = Column("text", "string", "The whole line where it would not split into cells.")
DOCUMENT = Column("document", "string", "Digest (sha256) of the document in the landing zone.")
OPEN = Column("open", "double", "First price of the session.", "INR")
HIGH = Column("high", "double", "Highest price of the session.", "INR")
LOW = Column("low", "double", "Lowest price of the session.", "INR")
SHARES = Column("shares", "bigint", "Shares traded.", "shares")
CLOSE = Column("close", "double", "Closing price, which need not be the last one.", "INR")
