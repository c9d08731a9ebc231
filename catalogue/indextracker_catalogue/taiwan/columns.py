"""Columns and checks that several tables of TAIEX and its derivatives share."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column
from indextracker_catalogue.timeline import Sessions

XTAI = Sessions("XTAI")

SESSION = Column("session_date", "date", "Trading day of the exchange, in its local time.")
LINE = Column("line", "bigint", "Line in the document, from 1; the order of a contract's trades.")
PRODUCT = Column("product", "string", "The exchange's product code, such as TX.")
EXPIRY = Column("expiry", "string", "Expiry code: YYYYMM, or YYYYMMWn and YYYYMMFn of weeklies.")
NEAR = Column("near_expiry", "string", "Expiry code of the near leg.")
FAR = Column("far_expiry", "string", "Expiry code of the far leg.")
PART = Column("session_part", "string", "'night' (the evening before) or 'day'.")
PART_OR_WHOLE = Column("session_part", "string", "'day', 'night' or 'whole'.")
TRADED_AT = Column("traded_at", "timestamp", "Instant of the trade, to the second.")
INDEX = Column("index_id", "string", "Index, such as TAIEX; an unmapped name is its own id.")
SCALE = Column("scale_minutes", "int", "Length of the bar: 1, 5, 15, 30 or 60.", "min")
BAR_START = Column("bar_start", "timestamp", "Start of the half-open interval of the bar.")

PARTS = Check(
    "session_part_known", "session_part not in ('night', 'day')", "A part is night or day."
)
PARTS_OR_WHOLE = Check(
    "session_part_known",
    "session_part not in ('night', 'day', 'whole')",
    "A part is night, day or whole.",
)
FUTURES, OPTIONS = "Futures", "Options"
INSTRUMENT = Column("instrument", "string", f"'{FUTURES}' or '{OPTIONS}'.")
SYMBOL = Column("symbol", "string", "The stock exchange's code of the ETF, such as 006204.")
STRIKE = Column("strike", "decimal(12,4)", "Strike price.", "quote")
OPTION_TYPE = Column("option_type", "string", "'C' for a call, 'P' for a put.")
OPTION_TYPES = Check(
    "option_type_known", "option_type not in ('C', 'P')", "An option is a call or a put."
)
