"""Judging a line of a document: whether it can be read, and if not, the reason of the reject.

The forms of lines and cells are declared in the catalogue (forms.py); the cells of each document
and their meaning are in ticks.py and reports.py.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.line_form import LineForm

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


def reads(form: LineForm) -> Column:
    """Whether a line has its form.

    One expression over the whole line costs a fifth of one per cell: 2.7 million lines in 0.6 s.
    """
    return F.concat_ws(",", *form.cells).rlike(f"^({form.pattern})$")


def explained_once(bronze: DataFrame, form: LineForm, well: Column, *rules: Rule) -> DataFrame:
    """As `explained`, where a line that repeats one before it is a reject."""
    key = [
        F.col(cell).try_cast("decimal(12,4)") if cell == "strike" else F.col(cell)
        for cell in form.once
    ]
    order = Window.partitionBy("session_date", "alone_well", *key).orderBy("line")
    numbered = bronze.withColumn("alone_well", well).withColumn("times", F.row_number().over(order))
    first = F.col("times") == 1
    again = F.col("alone_well") & ~first
    what = " and ".join(name.replace("_", " ") for name in form.once)
    repeated = (again, F.lit(f"a line before has the same {what}"))
    return explained(numbered, F.col("alone_well") & first, repeated, *rules).drop(
        "alone_well", "times"
    )


def of_form(cell: str, form: str) -> Column:
    """Whether a cell is there and has a form."""
    return F.coalesce(F.col(cell).rlike(f"^{form}$"), F.lit(False))


def unlike(cell: str, form: str, what: str) -> Rule:
    """The rule that a cell has a form; `what` says what it is not."""
    return ~of_form(cell, form), quoting(what, cell)


def quoting(what: str, cell: str) -> Column:
    """A sentence that ends with the contents of the cell."""
    return F.concat(F.lit(f"{what}: "), F.coalesce(cell, F.lit("nothing")))


def _no_cells() -> Rule:
    return F.col("text").isNotNull(), F.lit("the line does not split into its cells")
