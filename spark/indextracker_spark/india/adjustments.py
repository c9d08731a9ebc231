"""What corporate actions do to the prices of NSE: factors of a split, a bonus and a rights issue.

A factor stands in the session in which its action takes effect, and follows from what was known
by then: later actions change no row. Prices as of a date are made of the factors up to it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import BESIDE_SERIES

# A share that was not traded for longer is taken to begin anew. Twenty sessions hold this and the
# reports of the days before.
LONGEST_GAP_DAYS = 21
LOOK_BACK_SESSIONS = 20
# Why a factor is not known of a session whose actions are not.
_UNTOLD = "no report or list tells of its actions"
# Actions are announced some ten days before their ex-date, so that a report tells of those of the
# next sessions too, where theirs are missing.
KNOWN_SESSIONS = 3


def lists(announced: DataFrame) -> DataFrame:
    """The imported lists of actions: documents that tell of several sessions, as no report does.

    Args:
        announced: All rows of silver/corporate_actions.

    Returns:
        The columns of silver/corporate_action_lists.
    """
    return (
        announced.where("document is not null and ex_date is not null")
        .groupBy("document")
        .agg(
            F.min("ex_date").alias("valid_from"),
            F.max("ex_date").alias("valid_to"),
            F.countDistinct("session_date").alias("sessions"),
        )
        .where("sessions > 1")
        .drop("sessions")
    )


def equities_adjusted(
    equities: DataFrame,
    announced: DataFrame,
    caps: DataFrame,
    instruments: DataFrame,
    of_the_past: DataFrame,
) -> DataFrame:
    """The prices of each security, with the factor of the actions that take effect.

    Args:
        equities: silver/equities_daily.
        announced: silver/corporate_actions.
        caps: silver/market_caps, for the face values that a rights issue is priced by where the
            action is without one.
        instruments: silver/instruments.
        of_the_past: silver/corporate_action_lists.

    Returns:
        The columns of gold/equities_adjusted.
    """
    spells = instruments.select("instrument_id", "symbol", "series", "valid_from", "valid_to")
    valid = F.col("session_date").between(F.col("valid_from"), F.col("valid_to"))
    rows = equities.join(spells, ["symbol", "series"]).where(valid)
    traded = _traded(rows, _sessions(equities, announced, caps, of_the_past))
    effects = _effects(traded, _actions(announced, caps, spells))
    same = ["session_date", "instrument_id"]
    untouched = F.col("actions").isNull()
    told = rows.join(traded.select(*same, "is_told"), same).join(effects, same, "left")
    return told.select(
        *("session_date", "symbol", "series", "instrument_id", "previous_close"),
        *("open", "high", "low", "close", "shares"),
        F.when(~untouched, F.col("factor")).when(F.col("is_told"), 1.0).alias("factor"),
        *("actions", "reason"),
        F.when(~untouched, F.col("missing"))
        .when(~F.col("is_told"), _UNTOLD)
        .alias("factor_missing"),
    )


def _sessions(
    equities: DataFrame, announced: DataFrame, caps: DataFrame, of_the_past: DataFrame
) -> DataFrame:
    """Each session: whether its actions are known, and of how many up to it they are not."""
    sessions = equities.select("session_date").distinct()
    listed = sessions.join(
        of_the_past, F.col("session_date").between(F.col("valid_from"), F.col("valid_to"))
    )
    reported = announced.select("session_date").union(caps.select("session_date")).distinct()
    # Some dozens of rows: Spark warns of a window without partitions.
    in_order = Window.partitionBy(F.lit(1)).orderBy("session_date")
    recent = in_order.rowsBetween(-KNOWN_SESSIONS, Window.currentRow)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return (
        sessions.join(reported.withColumn("reported", F.lit(1)), "session_date", "left")
        .join(
            listed.select("session_date").distinct().withColumn("listed", F.lit(1)),
            "session_date",
            "left",
        )
        .withColumn(
            "is_known",
            F.coalesce(F.max("reported").over(recent), F.col("listed"), F.lit(0)) == 1,
        )
        .withColumn("unknown", F.sum((~F.col("is_known")).cast("int")).over(so_far))
        .drop("reported", "listed")
    )


def _traded(rows: DataFrame, sessions: DataFrame) -> DataFrame:
    """Each session of an instrument: the close before it, and the day after which actions count.

    `is_told` says whether the actions of all sessions in between are known.
    """
    # The previous close of a block deal is that of the last block deal.
    own = F.when(~F.col("series").isin(*BESIDE_SERIES), F.col("previous_close"))
    earlier = (
        Window.partitionBy("instrument_id")
        .orderBy("session_date")
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    gap = F.date_sub("session_date", LONGEST_GAP_DAYS)
    known = F.when(F.col("is_known"), F.col("session_date"))
    unknown = F.when(F.col("is_known"), F.col("unknown"))
    found = (
        rows.groupBy("session_date", "instrument_id")
        .agg(F.max(own).alias("close_before"))
        .join(sessions, "session_date")
        .withColumns(
            {
                "before": F.max("session_date").over(earlier),
                "known_before": F.max(known).over(earlier),
                "unknown_before": F.max(unknown).over(earlier),
            }
        )
    )
    # What was not traded for so long begins anew, and nothing is to be known of it.
    since = F.when(
        F.col("known_before") >= gap, F.col("unknown") == F.col("unknown_before")
    ).otherwise(F.coalesce(F.col("before") < gap, F.lit(True)))
    return found.withColumn("is_told", F.col("is_known") & since).withColumn(
        "after", F.greatest(F.coalesce("known_before", "before"), gap)
    )


def _actions(announced: DataFrame, caps: DataFrame, spells: DataFrame) -> DataFrame:
    """Each action of an instrument once, in the words of its last announcement.

    It is announced in several sessions, for each series that there may be of a share, and under the
    symbol of that day, which an older instrument may have had before.
    """
    faces = caps.groupBy("session_date", "symbol").agg(F.max("face_value_inr").alias("face"))
    known = announced.where("session_date <= ex_date").join(
        faces, ["session_date", "symbol"], "left"
    )
    named = known.join(spells, ["symbol", "series"]).where("valid_from <= session_date")
    of_symbol = Window.partitionBy("session_date", "symbol", "ex_date", "kind")
    of_instrument = Window.partitionBy("instrument_id", "ex_date", "kind")
    first = ("line", "document")
    newest = _first(named, of_symbol.orderBy(F.desc("valid_from"), *first))
    return _first(newest, of_instrument.orderBy(F.desc("session_date"), *first)).select(
        *("instrument_id", "ex_date", "kind", "ratio", "amount_inr", "text"),
        F.coalesce("face_value_inr", "face").alias("face"),
    )


def _first(rows: DataFrame, in_order: WindowSpec) -> DataFrame:
    return rows.withColumn("place", F.row_number().over(in_order)).where("place = 1").drop("place")


def _effects(traded: DataFrame, actions: DataFrame) -> DataFrame:
    """The actions that take effect: with the first trade on their ex-date or after it."""
    due = F.col("ex_date").between(F.date_add("after", 1), F.col("session_date"))
    return (
        traded.join(actions, "instrument_id")
        .where(due)
        .groupBy("session_date", "instrument_id")
        .agg(
            # An unknown factor makes the product unknown, not one.
            F.when(F.count("*") == F.count(_factor()), F.product(_factor())).alias("factor"),
            F.array_join(F.array_sort(F.collect_set("kind")), "+").alias("actions"),
            F.array_join(F.array_sort(F.collect_set("text")), "; ").alias("reason"),
            F.nullif(F.array_join(F.array_sort(F.collect_set(_missing())), "; "), F.lit("")).alias(
                "missing"
            ),
        )
    )


def _factor() -> Column:
    """What an action leaves of a price: the theoretical price after it, over the close before.

    Null where a rights issue does not say what a share costs, or there is no close.
    """
    held_and_new = 1 + F.col("ratio")
    paid = F.col("ratio") * (F.col("amount_inr") + F.col("face"))
    rights = (F.col("close_before") + paid) / (held_and_new * F.col("close_before"))
    kind = F.col("kind")
    return (
        F.when(kind == "split", 1 / F.col("ratio"))
        .when(kind == "bonus", 1 / held_and_new)
        .when(kind == "rights", rights)
        .otherwise(1.0)
    )


def _missing() -> Column:
    """What the factor of an action would have to be known of; null where nothing is missing."""
    kind = F.col("kind")
    unknown = (
        F.when(F.col("ratio").isNull(), "a ratio")
        .when(kind != "rights", None)
        .when(F.col("amount_inr").isNull(), "a price")
        .when(F.col("face").isNull(), "a face value")
        .when(F.col("close_before").isNull(), "a close before")
    )
    changing = kind.isin("split", "bonus", "rights")
    return F.when(changing, F.concat(kind, F.lit(" without "), unknown))
