"""Silver tables of price files: prices, what could not be read, and which files they are from."""

from __future__ import annotations

from indextracker_catalogue.files.columns import COLLECTION, COLLECTIONS, FILE
from indextracker_catalogue.model import Check, Column, Table

FILE_PRICES = Table(
    layer="silver",
    name="file_prices",
    meaning=(
        "One row per price of an instrument and time in a file, as the file has it: a bar, or a "
        "price of its own, which is the close."
    ),
    key=("collection", "file", "line", "ticker"),
    timeline=COLLECTIONS,
    by_job=False,
    columns=(
        COLLECTION,
        Column("ticker", "string", "The instrument, as the file names it."),
        Column(
            "at",
            "timestamp",
            "Time of the row; of a day, 00:00 in the zone of the file, else of the collection.",
        ),
        Column("interval", "string", "Usual time between two rows of the file, such as 1d or 5m."),
        Column("open", "double", "First price; null where the file has none."),
        Column("high", "double", "Highest price, likewise."),
        Column("low", "double", "Lowest price, likewise."),
        Column("close", "double", "Last price, likewise. Prices of zero and below are kept."),
        Column("adj_close", "double", "Last price adjusted by the file's maker, likewise."),
        Column("volume", "double", "What was traded, likewise; in single units."),
        FILE,
        Column("document", "string", "Digest (sha256, hexadecimal) of the file's bytes."),
        Column("line", "bigint", "Line of the file, from 1; of a typed file the row."),
    ),
    checks=(
        Check(
            "high_not_below_low", "high < low", "The highest price is not below the lowest.", "warn"
        ),
        Check(
            "close_within_high_and_low",
            "close > high or close < low or open > high or open < low",
            "Open and close lie between the lowest and the highest price.",
            "warn",
        ),
        Check(
            "price_above_zero",
            "close <= 0 or open <= 0 or low <= 0 or high <= 0",
            "A price is above zero: there were others, such as -36.98 of oil on 2020-04-20.",
            "warn",
        ),
        Check("volume_not_negative", "volume < 0", "A volume is zero or above.", "warn"),
    ),
)

FILE_REJECTS = Table(
    layer="silver",
    name="file_rejects",
    meaning="One row per line of a price file that could not be read, with the reason.",
    key=("collection", "file", "line"),
    timeline=COLLECTIONS,
    key_nullable=("ticker",),
    by_job=False,
    columns=(
        COLLECTION,
        FILE,
        Column("line", "bigint", "Line of the file, from 1; of a typed file the row."),
        Column(
            "ticker",
            "string",
            "The instrument, where a line has prices of several; null where it has not.",
        ),
        Column("document", "string", "Digest (sha256, hexadecimal) of the file's bytes."),
        Column("text", "string", "The cells of the line that count, as they stand.", width=1024),
        Column("reason", "string", "What could not be read.", width=1024),
    ),
    checks=(Check("no_rejects", "true", "Every line of the files can be read.", "warn"),),
)

FILE_DOCUMENTS = Table(
    layer="silver",
    name="file_documents",
    meaning="One row per file of a collection: what became of it when it was last looked at.",
    key=("collection", "file"),
    timeline=COLLECTIONS,
    by_job=False,
    in_warehouse=True,
    columns=(
        COLLECTION,
        FILE,
        Column("document", "string", "Digest (sha256, hexadecimal) of the file's bytes."),
        Column("bytes", "bigint", "Size of the file.", "bytes"),
        Column("state", "string", "loading, loaded, refused, copy, or gone from the folder."),
        Column("reason", "string", "Why it is not loaded; null where it is.", width=1024),
        Column("layout", "string", "Name of the layout by which it was read; null where none."),
        Column("rows", "bigint", "Rows of its prices; null where it is not loaded."),
        Column("rejected", "bigint", "Lines that could not be read, likewise."),
        Column("first_at", "timestamp", "Time of its first row, likewise."),
        Column("last_at", "timestamp", "Time of its last row, likewise."),
        Column(
            "loaded_at", "timestamp", "When its rows came; where it has none, when it was found."
        ),
    ),
    checks=(
        Check(
            "state_known",
            "state not in ('loading', 'loaded', 'refused', 'copy', 'gone')",
            "A state is one of five.",
        ),
        Check(
            "file_is_loaded",
            "state in ('loading', 'refused')",
            "Every file of a collection is loaded.",
            "warn",
        ),
        Check("first_not_after_last", "first_at > last_at", "The first row is not after the last."),
    ),
)
