"""Rules of NSE's end of day: of its documents, its instruments, and its prices over time."""

from dataclasses import dataclass

from end_to_end.breaking import Rule

DAILY = "silver/equities_daily"
DIFFERING = "silver/equity_disagreements"
ACTIONS = "silver/corporate_actions"
LEVELS = "silver/index_closes"
REJECTS = "silver/nse_rejects"
INSTRUMENTS = "silver/instruments"
ADJUSTED = "gold/equities_adjusted"
FACTORS = "gold/equity_factors"
RETURNS = "gold/equity_returns"
BREADTH = "gold/equity_breadth"
SUSPECTS = "gold/corporate_action_suspects"


@dataclass(frozen=True)
class NseCase:
    """A rule in words, where it stands and how it is broken, and what must differ then."""

    says: str
    rule: Rule
    tables: tuple[str, ...]


DOCUMENT_RULES = (
    NseCase(
        "UDiFF is believed before legacy, and both before the full bhavcopy",
        Rule(
            "bhavcopies._rows",
            "[(udiff, _of_plain), (legacy, X), (full, Y), Z]",
            "[(full, Y), (legacy, X), (udiff, _of_plain), Z]",
        ),
        (DAILY, DIFFERING),
    ),
    NseCase(
        "mean price and delivery are those of the full bhavcopy",
        Rule("bhavcopies.equities", "rows.column(name).take(of_delivery)", "kept.column(name)"),
        (DAILY,),
    ),
    NseCase(
        "a row says which documents have it",
        Rule("bhavcopies.equities", "1 << formats", "1 << (formats * 0)"),
        (DAILY,),
    ),
    NseCase(
        "a lakh is a hundred thousand rupees",
        Rule("bhavcopies.LAKH", "X", "10_000"),
        (DIFFERING,),
    ),
    NseCase(
        "what two documents say differently is told",
        Rule("bhavcopies.disagreements", "np.abs(X) > tolerance", "np.abs(X) > 1e15"),
        (DIFFERING,),
    ),
    NseCase(
        "a turnover that is rounded to a thousand rupees is no difference",
        Rule("bhavcopies.TOLERANCES", "501.0", "0.0"),
        (DIFFERING,),
    ),
    NseCase(
        "a price that is no number is a reject",
        Rule("india.forms._KIND", "(X, Y, *[PRICE] * 4, *Z)", '(X, Y, *[".*"] * 4, *Z)'),
        (REJECTS,),
    ),
    NseCase(
        "shares that are no number are a reject",
        Rule("india.forms.COUNT", "X", '".*"'),
        (REJECTS,),
    ),
    NseCase(
        "a line of too few cells is a reject",
        Rule("cells.holds", "pc.fill_null(X, False)", "pc.fill_null(X, True)"),
        (REJECTS,),
    ),
    NseCase(
        "a bonus counts new shares for each held",
        Rule(
            "corporate_actions._share",
            'int(match["new"]) / held if held else X',
            'held / int(match["new"]) if held else X',
        ),
        (ACTIONS,),
    ),
    NseCase(
        "a split counts shares for each before",
        Rule(
            "corporate_actions._split",
            'float(match["before"]) / after',
            'after / float(match["before"])',
        ),
        (ACTIONS,),
    ),
    NseCase(
        "a dividend says how much",
        Rule("corporate_actions._dividend", "float(amount) if amount else None", "None"),
        (ACTIONS,),
    ),
    NseCase(
        "a crore is ten million rupees",
        Rule("index_closes.CRORE", "X", "100_000"),
        (LEVELS,),
    ),
)

INSTRUMENT_RULES = (
    NseCase(
        "a share with a new ISIN is the one before",
        Rule("identities._continues", "stems[0] == stems[1] or X", "False"),
        (INSTRUMENTS,),
    ),
    NseCase(
        "a new series begins a new time",
        Rule("instruments.spells", 'F.concat_ws(" ", "series", X)', 'F.concat_ws(" ", X)'),
        (INSTRUMENTS,),
    ),
    NseCase(
        "a new ISIN begins a new time",
        Rule("instruments.spells", 'F.concat_ws(" ", "series", X)', 'F.concat_ws(" ", "series")'),
        (INSTRUMENTS,),
    ),
)

PRICE_RULES = (
    NseCase(
        "a split leaves old shares over new ones",
        Rule("adjustments._factor", '1 / F.col("ratio")', 'F.col("ratio")'),
        (ADJUSTED,),
    ),
    NseCase(
        "a bonus leaves one over one and the ratio",
        Rule("adjustments._factor", "1 / held_and_new", '1 / F.col("ratio")'),
        (ADJUSTED,),
    ),
    NseCase(
        "a rights issue leaves the theoretical price after it",
        Rule(
            "adjustments._factor",
            '(F.col("close_before") + paid) / X',
            'F.col("close_before") / X',
        ),
        (ADJUSTED,),
    ),
    NseCase(
        "a rights issue prints what a share costs above its face value",
        Rule("adjustments._factor", 'F.col("amount_inr") + F.col("face")', 'F.col("amount_inr")'),
        (ADJUSTED,),
    ),
    NseCase(
        "other actions leave a price as it is",
        Rule("adjustments._factor", "X.otherwise(1.0)", "X.otherwise(0.9)"),
        (ADJUSTED,),
    ),
    NseCase(
        "an action counts once, however often it is announced",
        Rule("adjustments._actions", "_first(newest, X)", "newest"),
        (ADJUSTED,),
    ),
    NseCase(
        "an action counts in one session",
        Rule("adjustments._effects", 'F.date_add("after", 1)', 'F.col("after")'),
        (ADJUSTED,),
    ),
    NseCase(
        "an action takes effect on its ex-date",
        Rule(
            "adjustments._effects",
            'F.col("ex_date").between(X, F.col("session_date"))',
            'F.col("ex_date").between(X, F.date_sub("session_date", 1))',
        ),
        (ADJUSTED,),
    ),
    NseCase(
        "prices are multiplied by the factors of later sessions",
        Rule("factors.equity_factors", 'F.desc("number")', 'F.asc("number")'),
        (FACTORS,),
    ),
    NseCase(
        "prices of an ex-date are those after it",
        Rule("factors.equity_factors", "X.rowsBetween(Y, -1)", "X.rowsBetween(Y, 0)"),
        (FACTORS,),
    ),
    NseCase(
        "returns compare adjusted prices",
        Rule("returns._comparable", 'F.col(name) / F.col("left")', "F.col(name)"),
        (RETURNS,),
    ),
    NseCase(
        "a return is over so many sessions",
        Rule(
            "returns.equity_returns",
            "in_order.rangeBetween(-n, -n)",
            "in_order.rangeBetween(-n - 1, -n - 1)",
        ),
        (RETURNS,),
    ),
    NseCase(
        "a range is of 52 weeks",
        Rule("returns.YEAR_DAYS", "X", "30"),
        (RETURNS,),
    ),
    NseCase(
        "a range is in prices as of the session",
        Rule(
            "returns.equity_returns",
            'F.greatest(X, Y) * F.col("left")',
            "F.greatest(X, Y)",
        ),
        (RETURNS,),
    ),
    NseCase(
        "block deals have no returns",
        Rule("returns.own_series", "rows.where(X)", "rows"),
        (RETURNS,),
    ),
    NseCase(
        "units of funds are no part of breadth",
        Rule("equity_breadth", 'returns.join(X, Y, "left_anti")', "returns"),
        (BREADTH,),
    ),
    NseCase(
        "what is above the adjusted close before rises",
        Rule("equity_breadth", "F.count_if(change > 0)", "F.count_if(change < 0)"),
        (BREADTH,),
    ),
    NseCase(
        "an open a quarter away is a move",
        Rule("suspects._LARGEST_MOVE", "X", "0.2"),
        (SUSPECTS,),
    ),
    NseCase(
        "an action of a tenth shows",
        Rule("suspects._SMALLEST_ACTION", "X", "0.01"),
        (SUSPECTS,),
    ),
    NseCase(
        "a demerger explains any move",
        Rule("suspects._EXPLAINING", "X", '"capital_reduction|other"'),
        (SUSPECTS,),
    ),
    NseCase(
        "the price of an issue is no previous close",
        Rule("suspects.suspects", 'X.where("session_date > first_session")', "X"),
        (SUSPECTS,),
    ),
)
