"""Tables of forecasts: what was known at each minute, what was forecast of it, how good it was."""

from __future__ import annotations

from typing import Final

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import EXPIRY, PRODUCT, SESSION, XTAI

__all__ = ["FORECASTS", "FORECAST_FEATURES", "FORECAST_VALUES"]

FORECAST_PRODUCT: Final = "TX"
FORECAST_INDEX: Final = "TAIEX"
HORIZONS_MINUTES: Final = (1, 5)
RETURN_MINUTES: Final = (1, 2, 5, 15, 30)
INDEX_RETURN_MINUTES: Final = (1, 5)

# Two months: some ten thousand minutes, of which thirteen coefficients cost 0.13 % of R2 where
# nothing is penalised, and short enough to follow how the market changes.
TRAINING_SESSIONS: Final = 40
# Below half of that nothing is trained.
LEAST_TRAINING_SESSIONS: Final = 20

LAST_RETURN, RIDGE, BOOSTING = "last_return", "ridge", "boosting"
MODELS: Final = (LAST_RETURN, RIDGE, BOOSTING)

# What a side costs, in points of the index. Half of the spread of a tick; 50 dollars to the broker
# and the exchange, at 200 dollars a point; the tax on futures transactions, of the contract's
# value (Futures Transaction Tax Act, article 2; 2 in 100,000 for futures on stock indices).
HALF_SPREAD_POINTS: Final = 0.5
FEE_POINTS: Final = 0.25
TAX_RATE: Final = 0.00002

HORIZON = Column("horizon_minutes", "int", "How far ahead: 1 or 5.", "min")
MINUTE = Column(
    "bar_start",
    "timestamp",
    "Start of the minute at whose end the forecast is made: of its bar of one minute.",
)
TRAINING = (
    Column(
        "training_sessions",
        "int",
        f"Sessions with rows to train on, of the {TRAINING_SESSIONS} before.",
        "sessions",
    ),
    Column("training_rows", "int", "Rows trained on: minutes of these with a return.", "rows"),
)

FEATURES: Final = (
    *(
        Column(f"return_{n}", "double", f"Logarithmic return of the future over {n} min.", "ln")
        for n in RETURN_MINUTES
    ),
    *(
        Column(f"index_return_{n}", "double", f"Of the index over {n} min.", "ln")
        for n in INDEX_RETURN_MINUTES
    ),
    Column("basis", "double", "Last price of the future over the last level, less 1.", "fraction"),
    Column(
        "basis_deviation",
        "double",
        "The basis less its mean of the session up to the minute.",
        "fraction",
    ),
    Column("index_age_minutes", "double", "How old the last level is; none is above 5.", "min"),
    Column(
        "signed_volume",
        "double",
        "Contracts of rising minutes less those of falling ones, over all, of 5 min; from -1 to 1. "
        "A proxy: who initiated a trade is not published.",
    ),
    Column("range_5", "double", "Highest over lowest price of 5 min.", "ln"),
    Column("time_of_day", "double", "Part of the day session that is over, from 0 to 1."),
    Column(
        "night_return",
        "double",
        "Return of the contract in the night before the session, first price to last; 0 where it "
        "was not traded in it.",
        "ln",
    ),
)

FORECAST_FEATURES = Table(
    layer="gold",
    name="forecast_features",
    meaning=(
        f"One row per minute of a day session in which all features of {FORECAST_PRODUCT}, front "
        "month, and the index are known: from 09:15 to 13:28. All follow from bars up to that "
        "minute and from the night before. What came afterwards is in next_return_1 and "
        "next_return_5, to train on."
    ),
    key=("session_date", "product", "bar_start"),
    timeline=XTAI,
    partitioned="year",
    columns=(
        SESSION,
        PRODUCT,
        MINUTE,
        EXPIRY,
        *FEATURES,
        Column(
            "fill_price",
            "double",
            "First price of the next minute, at which what is decided is filled; null where "
            "nothing was traded in it.",
            "quote",
        ),
        *(
            Column(
                f"next_return_{n}",
                "double",
                f"First price {n} min after that over fill_price, less 1; null where either is.",
                "fraction",
            )
            for n in HORIZONS_MINUTES
        ),
    ),
    checks=(
        Check("volume_within_one", "abs(signed_volume) > 1", "A part is at most the whole."),
        Check("range_not_negative", "range_5 < 0", "A highest price is not below a lowest."),
        Check(
            "features_known",
            " or ".join(f"{column.name} is null" for column in FEATURES),
            "A row has all features.",
        ),
    ),
)

FORECAST_VALUES = Table(
    layer="gold",
    name="forecast_values",
    meaning=(
        "One row per minute of gold/forecast_features and horizon: the return that each model "
        "forecast at the end of the minute, trained on sessions before it, and the one that came."
    ),
    key=("session_date", "product", "horizon_minutes", "bar_start"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        HORIZON,
        MINUTE,
        EXPIRY,
        Column("fill_price", "double", "As in gold/forecast_features.", "quote"),
        Column(
            "next_return",
            "double",
            "The return that came, from fill_price on; null where one of both minutes has no "
            "trade.",
            "fraction",
        ),
        Column("last_return", "double", "Forecast that the last return comes again.", "fraction"),
        Column(
            "ridge",
            "double",
            f"Forecast by ridge regression; null below {LEAST_TRAINING_SESSIONS} sessions to "
            "train on.",
            "fraction",
        ),
        Column("boosting", "double", "Forecast by gradient boosting; null likewise.", "fraction"),
        *TRAINING,
    ),
    checks=(
        Check(
            "trained_on_enough",
            f"(ridge is not null or boosting is not null) <> (training_sessions >= "
            f"{LEAST_TRAINING_SESSIONS})",
            "Models are trained where there is enough to train them on, and only there.",
        ),
    ),
)


def _with_interval(name: str, meaning: str, unit: str = "") -> tuple[Column, ...]:
    return (
        Column(name, "double", meaning, unit),
        Column(f"{name}_low", "double", "Lower end of its interval of 95 %.", unit),
        Column(f"{name}_high", "double", "Upper end, likewise.", unit),
    )


FORECASTS = Table(
    layer="gold",
    name="forecasts",
    meaning=(
        "One row per session, horizon and model: how good the forecasts of the session's minutes "
        "were, out of sample, against a forecast of zero and against the last return, and what a "
        "contract traded by them made after cost. Intervals are of 95 %, by a bootstrap of blocks "
        "of the session's minutes. Where a model was not trained its figures are null, and "
        "missing says why."
    ),
    key=("session_date", "product", "horizon_minutes", "model"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        HORIZON,
        Column("model", "string", f"One of {', '.join(MODELS)}."),
        Column("minutes", "int", "Forecasts of which the return is known.", "min"),
        *TRAINING,
        Column(
            "squared_returns",
            "double",
            "Sum of the squared returns: the squared errors of a forecast of zero.",
        ),
        Column("squared_errors", "double", "Sum of the squared errors of the model."),
        *_with_interval(
            "r2",
            "1 less squared_errors over squared_returns: above 0 where it is better than zero.",
        ),
        Column(
            "r2_against_last_return",
            "double",
            "The same with the squared errors of the last return below; null of that model.",
        ),
        *_with_interval(
            "hit_rate",
            "Part of the minutes whose sign was forecast, of those without a return or forecast "
            "of 0; null where there is none.",
            "fraction",
        ),
        Column("trades", "int", "How often more was forecast than a position costs.", "trades"),
        Column(
            "cost_points",
            "double",
            f"Mean cost of a side: {HALF_SPREAD_POINTS} of spread, {FEE_POINTS} of fees, and the "
            f"tax of {TAX_RATE:.5f} of the price.",
            "points",
        ),
        *_with_interval(
            "pnl_points",
            "What a contract made: taken every horizon_minutes at the next minute's first price, "
            "on the side forecast, where more is forecast than it costs to take and give it up.",
            "points",
        ),
        Column("missing", "string", "Why there is no figure; null where there is one."),
    ),
    checks=(
        Check(
            "a_figure_or_why_not",
            "(r2 is null) = (missing is null)",
            "A row has figures, or says why not.",
        ),
        Check("r2_at_most_one", "r2 > 1", "No forecast is better than right."),
        Check("hit_rate_is_a_part", "hit_rate < 0 or hit_rate > 1", "A part is from 0 to 1."),
    ),
)
