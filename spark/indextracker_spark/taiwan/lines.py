"""How a line of a document is judged: the forms of its cells, and the reason why it is rejected.

Which cells a document has and what they mean stands in ticks.py and reports.py.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_spark.tables.taiwan.columns import EXPIRY_FORM

# A day of the calendar, YYYYMMDD: a form is asked in passing, a cast costs as much as all forms.
DATE = (
    "([12][0-9]{3}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)"
    "|02(0[1-9]|1[0-9]|2[0-8]))|([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)0229)"
)
# HHMMSS, until 2011 or 2012 with hundredths of a second. A digit more or less than these is read
# by nobody: 845000 may be 08:45:00 or 08:45:00.0 without its zero.
TIME = "([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]([0-9]{2,})?"
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
EXPIRY = EXPIRY_FORM
# More than four decimals would not add up exactly.
PRICE = r"([0-9]+(\.[0-9]{1,4})?|\.[0-9]{1,4})"
SIGNED = f"-?{PRICE}"  # a spread may cost less than nothing
STRIKE = r"[0-9]{1,8}(\.[0-9]{1,4})?"
VOLUME = "[0-9]{1,8}"

# What breaks a line, and the sentence that says so.
Rule = tuple[Column, Column]


def explained(bronze: DataFrame, well: Column, *rules: Rule) -> DataFrame:
    """Adds whether a line reads well and, if not, the sentence of the first rule that it breaks."""
    # Not coalesce: an engine that filters by it works `well` out twice.
    reads_well = F.when(well, F.lit(True)).otherwise(F.lit(False))
    reason = F.lit("unreadable")
    for broken, sentence in reversed((_no_cells(), *rules)):
        reason = F.when(broken, sentence).otherwise(reason)
    return bronze.select(
        "*",
        reads_well.alias("reads_well"),
        F.when(~reads_well, reason).alias("reject_reason"),
    )


def of_form(cell: str, form: str) -> Column:
    """Whether a cell is there and has a form."""
    return F.coalesce(F.col(cell).rlike(f"^{form}$"), F.lit(False))


def unlike(cell: str, form: str, what: str) -> Rule:
    """The rule that a cell has a form; `what` says what it is not."""
    return ~of_form(cell, form), quoting(what, cell)


def quoting(what: str, cell: str) -> Column:
    """A sentence that ends with what stands in the cell."""
    return F.concat(F.lit(f"{what}: "), F.coalesce(cell, F.lit("nothing")))


def _no_cells() -> Rule:
    return F.col("text").isNotNull(), F.lit("the line does not split into its cells")
