"""The harbour's tables: what it prints each session and hour, and what is made of it."""

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Hours, Sessions, Whole

XHBR = Sessions("XHBR")
SESSION = Column("session_date", "date", "Session of the harbour.")
HOUR = Column("hour", "timestamp", "Hour of the tide.")
BERTH = Column("berth", "string", "Name of the berth.")
LINE = Column("line", "bigint", "Line in the document, from 1.")
TEXT = Column("text", "string", "The whole line where it would not split into cells.")
DOCUMENT = Column("document", "string", "Digest (sha256) of the document.")

HARBOUR_AUCTIONS = Table(
    layer="bronze",
    name="harbour_auctions",
    meaning="One row per line of a session's auctions.",
    key=("session_date", "line"),
    timeline=XHBR,
    columns=(
        SESSION,
        LINE,
        Column("berth", "string", "Berth, as published."),
        Column("price", "string", "Price, as published."),
        TEXT,
        DOCUMENT,
    ),
)

HARBOUR_GAUGES = Table(
    layer="bronze",
    name="harbour_gauges",
    meaning="One row per line of an hour's readings of the tide gauges.",
    key=("hour", "line"),
    timeline=Hours(),
    columns=(
        HOUR,
        LINE,
        Column("gauge", "string", "Gauge, as published."),
        Column("height", "string", "Height, as published."),
        TEXT,
        DOCUMENT,
    ),
)

HARBOUR_QUAYS = Table(
    layer="silver",
    name="harbour_quays",
    meaning="One row per berth: the quay at which it lies.",
    key=("berth",),
    timeline=Whole(),
    columns=(
        BERTH,
        Column("quay", "string", "Name of the quay."),
        Column("source", "string", "Where the row comes from."),
    ),
    in_warehouse=True,
    by_job=False,
)

HARBOUR_BERTHS = Table(
    layer="silver",
    name="harbour_berths",
    meaning="One row per berth that was ever traded.",
    key=("berth",),
    timeline=Whole(),
    columns=(BERTH, Column("sessions", "bigint", "Sessions in which it was traded.")),
    in_warehouse=True,
)

HARBOUR_PRICES = Table(
    layer="silver",
    name="harbour_prices",
    meaning="One row per session and berth: what it was sold for.",
    key=("session_date", "berth"),
    timeline=XHBR,
    partitioned="year",
    columns=(SESSION, BERTH, Column("price", "double", "Price of the berth.", "shells")),
    checks=(Check("price_above_zero", "price <= 0", "No berth is given away."),),
    in_warehouse=True,
)

HARBOUR_AVERAGES = Table(
    layer="gold",
    name="harbour_averages",
    meaning="One row per session and berth: what it was sold for of late.",
    key=("session_date", "berth"),
    timeline=XHBR,
    partitioned="year",
    columns=(
        SESSION,
        BERTH,
        Column("price", "double", "Mean price of the session and the five before.", "shells"),
    ),
    in_warehouse=True,
)

HARBOUR_TIDES = Table(
    layer="silver",
    name="harbour_tides",
    meaning="One row per hour: how high the water stood.",
    key=("hour",),
    timeline=Hours(),
    columns=(HOUR, Column("height", "double", "Mean height of the water.", "metres")),
    in_warehouse=True,
)

HARBOUR_NOTICES = Table(
    layer="silver",
    name="harbour_notices",
    meaning="One row per notice of the harbour, in the order in which it was read.",
    key=("at", "notice"),
    timeline=Whole(),
    writes="append",
    columns=(
        Column("at", "timestamp", "When it was read."),
        Column("notice", "string", "What it says."),
    ),
    by_job=False,
)
