"""Dates of expiries, and their relative codes: by the calendar's rules alone.

Nothing here depends on what traded or on what is loaded. The rules are those of the contract
specifications of TAIFEX; silver/products names one for each product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.taiwan.terms import (
    THIRD_FRIDAY_BEFORE_QUARTERLY,
    THIRD_LAST_SESSION_EVEN,
    THIRD_WEDNESDAY,
)

# A nominal date is at most the Lunar New Year closure away from a session: 12 days in 2023.
MAX_CLOSURE_DAYS = 20


@dataclass(frozen=True)
class WeekdayRule:
    """Expiry on the nth weekday of the month.

    Attributes:
        weekday: As Spark names it.
        nth: Which one of the month.
        back: A closed day moves the expiry to the session before; otherwise to the next.
        every_months: Months listed: each (1), even ones (2), ends of quarters (3).
        weeklies: Whether Wn and Fn are listed beside the monthly.
        settled_after: Sessions from the last trading day to the final settlement.
    """

    weekday: str
    nth: int
    back: bool = False
    every_months: int = 1
    weeklies: bool = False
    settled_after: int = 0


@dataclass(frozen=True)
class MonthEndRule:
    """Expiry some sessions before the last session of the month.

    Attributes:
        sessions_before: 0 is the last session itself.
        every_months: The same as that of a WeekdayRule.
        settled_after: Sessions from the last trading day to the final settlement.
    """

    sessions_before: int
    every_months: int = 1
    settled_after: int = 0


RULES: dict[str, WeekdayRule | MonthEndRule] = {
    THIRD_WEDNESDAY: WeekdayRule("Wed", 3, weeklies=True),
    THIRD_FRIDAY_BEFORE_QUARTERLY: WeekdayRule(
        "Fri", 3, back=True, every_months=3, settled_after=1
    ),
    THIRD_LAST_SESSION_EVEN: MonthEndRule(2, every_months=2, settled_after=1),
}


def expiries(sessions: DataFrame) -> DataFrame:
    """Every expiry of every rule whose dates lie inside the calendar.

    Args:
        sessions: session_date of one exchange's sessions.

    Returns:
        Rows of silver/expiries.
    """
    numbered = sessions.select(
        "session_date", F.row_number().over(Window.orderBy("session_date")).alias("n")
    )
    months = sessions.select(F.trunc("session_date", "month").alias("month")).distinct()
    parts = [
        _by_weekday(name, rule, months, numbered)
        if isinstance(rule, WeekdayRule)
        else _by_month_end(name, rule, numbered)
        for name, rule in RULES.items()
    ]
    return reduce(DataFrame.unionByName, parts)


def expire_codes(expiries: DataFrame, sessions: DataFrame) -> DataFrame:
    """The sessions in which each expiry has each relative code.

    M is the earliest monthly whose last trading date is not past; M+1 and M+2 are the next two
    calendar months, Q+1 to Q+3 the quarter-end months after those; W and W+1 are the next two
    Wednesday expiries, the monthly included; F and F+1 the next two Friday ones.

    Args:
        expiries: Rows of silver/expiries.
        sessions: session_date and previous_session_date of the same exchange.

    Returns:
        Rows of silver/expire_codes.
    """
    after = sessions.select(
        F.col("previous_session_date").alias("ended"), F.col("session_date").alias("valid_from")
    )
    monthly = expiries.where(F.length("expiry") == 6)
    parts = [_monthly_codes(_ordered(monthly), after)]
    with_weeklies = [name for name, rule in RULES.items() if getattr(rule, "weeklies", False)]
    weekly = expiries.where(F.col("expiry_rule").isin(with_weeklies))
    wednesdays = weekly.where(~F.col("expiry").contains("F"))
    fridays = weekly.where(F.col("expiry").contains("F"))
    parts += [
        _weekly_codes(_ordered(rows), code, after)
        for rows, code in ((wednesdays, "W"), (fridays, "F"))
    ]
    return reduce(DataFrame.unionByName, parts).where("valid_from <= valid_to")


def _by_weekday(name: str, rule: WeekdayRule, months: DataFrame, numbered: DataFrame) -> DataFrame:
    month = F.col("month")
    code = F.date_format(month, "yyyyMM")

    def nth(weekday: str, n: Column) -> Column:
        first = F.next_day(F.date_sub(month, 1), weekday)
        return F.date_add(first, ((n - 1) * 7).cast("int"))

    dated = months.where(_listed(month, rule.every_months)).select(
        code.alias("expiry"), nth(rule.weekday, F.lit(rule.nth)).alias("nominal_date")
    )
    if rule.weeklies:
        weeks = months.withColumn("n", F.explode(F.array(*(F.lit(n) for n in range(1, 6)))))
        for letter, weekday in (("W", "Wed"), ("F", "Fri")):
            rows = weeks.select(
                F.concat(code, F.lit(letter), F.col("n").cast("string")).alias("expiry"),
                nth(weekday, F.col("n")).alias("nominal_date"),
                month,
                "n",
            ).where(F.trunc("nominal_date", "month") == month)
            if letter == "W":  # the third Wednesday is the monthly itself
                rows = rows.where("n <> 3")
            dated = dated.unionByName(rows.select("expiry", "nominal_date"))
    nominal, session = F.col("nominal_date"), F.col("session_date")
    if rule.back:
        near = (session <= nominal) & (session >= F.date_sub(nominal, MAX_CLOSURE_DAYS))
        nearest = F.max("n")
    else:
        near = (session >= nominal) & (session <= F.date_add(nominal, MAX_CLOSURE_DAYS))
        nearest = F.min("n")
    placed = dated.join(numbered, near).groupBy("expiry", "nominal_date").agg(nearest.alias("n"))
    return _with_dates(name, placed, numbered, rule.settled_after)


def _by_month_end(name: str, rule: MonthEndRule, numbered: DataFrame) -> DataFrame:
    session = F.col("session_date")
    # The calendar's last month counts as complete: calendars end with a year.
    placed = (
        numbered.where(_listed(F.trunc(session, "month"), rule.every_months))
        .groupBy(F.date_format(session, "yyyyMM").alias("expiry"))
        .agg((F.max("n") - rule.sessions_before).alias("n"))
        .withColumn("nominal_date", F.lit(None).cast("date"))
    )
    return _with_dates(name, placed, numbered, rule.settled_after)


def _listed(month: Column, every_months: int) -> Column:
    return F.month(month) % every_months == 0


def _with_dates(name: str, placed: DataFrame, numbered: DataFrame, settled_after: int) -> DataFrame:
    last = numbered.select(F.col("n"), F.col("session_date").alias("last_trading_date"))
    settled = numbered.select(
        (F.col("n") - settled_after).alias("n"),
        F.col("session_date").alias("final_settlement_date"),
    )
    return (
        placed.join(last, "n")
        .join(settled, "n", "left")
        .select(
            F.lit(name).alias("expiry_rule"),
            "expiry",
            "nominal_date",
            "last_trading_date",
            "final_settlement_date",
        )
    )


def _ordered(rows: DataFrame) -> DataFrame:
    """Adds the last trading dates of the expiry before and of the one before that."""
    order = Window.partitionBy("expiry_rule").orderBy("last_trading_date", "nominal_date", "expiry")
    last = F.col("last_trading_date")
    return rows.select(
        "expiry_rule",
        "expiry",
        "last_trading_date",
        F.lag(last, 1).over(order).alias("ended_1"),
        F.lag(last, 2).over(order).alias("ended_2"),
    )


def _monthly_codes(fronts: DataFrame, after: DataFrame) -> DataFrame:
    """Codes of the months seen from each front month while it is M."""
    front = (
        F.substring("expiry", 1, 4).cast("int") * 12 + F.substring("expiry", 5, 2).cast("int") - 1
    )
    quarter = F.col("front") + 3 + F.pmod(F.lit(2) - (F.col("front") + 3), F.lit(3))
    targets = {
        "M": F.col("front"),
        "M+1": F.col("front") + 1,
        "M+2": F.col("front") + 2,
        "Q+1": quarter,
        "Q+2": quarter + 3,
        "Q+3": quarter + 6,
    }
    pairs = F.explode(
        F.array(
            *(
                F.struct(F.lit(code).alias("expire_code"), month.alias("month"))
                for code, month in targets.items()
            )
        )
    )
    seen = (
        fronts.join(after, F.col("ended_1") == F.col("ended"))
        .withColumn("front", front)
        .select(
            "expiry_rule",
            "valid_from",
            F.col("last_trading_date").alias("valid_to"),
            pairs.alias("pair"),
        )
        .select("expiry_rule", "valid_from", "valid_to", "pair.expire_code", "pair.month")
    )
    expiry = F.concat(
        F.floor(F.col("month") / 12).cast("bigint").cast("string"),
        F.lpad((F.col("month") % 12 + 1).cast("string"), 2, "0"),
    )
    steps = {name: rule.every_months for name, rule in RULES.items()}
    every = F.create_map(*(F.lit(item) for pair in steps.items() for item in pair))
    return (
        seen.where((F.col("month") + 1) % every[F.col("expiry_rule")] == 0)
        .groupBy("expiry_rule", expiry.alias("expiry"), "expire_code")
        .agg(F.min("valid_from").alias("valid_from"), F.max("valid_to").alias("valid_to"))
    )


def _weekly_codes(rows: DataFrame, code: str, after: DataFrame) -> DataFrame:
    next_one = rows.join(after, F.col("ended_1") == F.col("ended")).select(
        "expiry_rule",
        "expiry",
        F.lit(code).alias("expire_code"),
        "valid_from",
        F.col("last_trading_date").alias("valid_to"),
    )
    one_after = rows.join(after, F.col("ended_2") == F.col("ended")).select(
        "expiry_rule",
        "expiry",
        F.lit(f"{code}+1").alias("expire_code"),
        "valid_from",
        F.col("ended_1").alias("valid_to"),
    )
    return next_one.unionByName(one_after)
