"""Tables of what options imply: volatilities and greeks by series, smiles by expiry."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import (
    EXPIRY,
    OPTION_TYPE,
    OPTION_TYPES,
    PART,
    PARTS,
    PRODUCT,
    SESSION,
    STRIKE,
    XTAI,
)

OPTIONS_EVERY_MINUTES = 5
SMILES_EVERY_MINUTES = 30

PRICES_WITHIN_SECONDS = 900
"""An older price of an option is not told any more."""

LEGS_WITHIN_SECONDS = 60
"""A call and a put tell a forward when both were traded so shortly before."""

FORWARDS_WITHIN_SECONDS = 300
"""So old the forward of an expiry may be against which a price of its options is held."""

RATE = 0.015
"""Yearly interest by which premiums are discounted, continuously compounded.

The discount rate of Taiwan's central bank was 1.125 to 2 per cent from 2016 to 2025. A rate that is
wrong by 1 per cent makes volatilities wrong by a share of some 0.01 * years: 0.02 points of a
volatility of 20 per cent and a month.
"""

_YEARS = Column(
    "years",
    "double",
    "Time to the close of the expiry's last trading day, in years of 365 days; null where nobody "
    "dates the expiry.",
    "years",
)
_FORWARD = Column(
    "forward",
    "double",
    "Price of the underlying for delivery at expiry, by put-call parity.",
    "quote",
)
_MONEYNESS = "Logarithm of strike over forward"

IMPLIED_VOLATILITY = Table(
    layer="gold",
    name="implied_volatility",
    meaning=(
        "One row per option series and five minutes, while its last price is at most "
        f"{PRICES_WITHIN_SECONDS // 60} minutes old: what the price implies by Black's formula of "
        "1976, at the moment at which it was made."
    ),
    key=("session_date", "product", "expiry", "strike", "option_type", "observed_at"),
    timeline=XTAI,
    in_warehouse=True,
    spread_by="strike",
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        STRIKE,
        OPTION_TYPE,
        Column(
            "observed_at",
            "timestamp",
            "Instant of the row, each five minutes; a trade at it is in the row.",
        ),
        PART,
        Column("traded_at", "timestamp", "Instant of the last trade; all that follows is of it."),
        Column("age_seconds", "int", "How old the price is at the instant of the row.", "s"),
        Column("price", "double", "Price of the last trade.", "quote"),
        Column(
            "tick",
            "double",
            "Smallest step of the price, where the reference data know it.",
            "quote",
        ),
        _FORWARD,
        Column(
            "forward_error",
            "double",
            "Half the range of the forwards that the strikes nearest to the money tell; zero of "
            "one strike.",
            "quote",
        ),
        Column("forward_pairs", "int", "How many strikes tell the forward, up to five."),
        Column(
            "forward_age_seconds",
            "int",
            "How much older the forward is than the minute of the trade.",
            "s",
        ),
        _YEARS,
        Column("moneyness", "double", f"{_MONEYNESS}."),
        Column("volatility", "double", "Implied volatility a year, as a fraction."),
        Column("delta", "double", "Change of the premium by a unit of the forward."),
        Column("gamma", "double", "Change of delta by a unit of the forward."),
        Column("vega", "double", "Change of the premium by a point (0.01) of volatility.", "quote"),
        Column("theta", "double", "Change of the premium by a day of the calendar.", "quote"),
        Column(
            "reason",
            "string",
            "Why there is no volatility: 'undated', 'expired', 'no forward', 'below intrinsic' or "
            "'above bound'.",
        ),
        Column(
            "violations",
            "string",
            "Which relations between prices it breaks by more than ticks and the forward's error "
            "explain, joined by ', ': bound, parity, monotone, convex; null where none.",
        ),
    ),
    checks=(
        OPTION_TYPES,
        PARTS,
        Check(
            "volatility_or_reason",
            "(volatility is null) <> (reason is not null)",
            "A row has a volatility, or the reason why it has none.",
        ),
        Check(
            "not_stale",
            f"age_seconds < 0 or age_seconds > {PRICES_WITHIN_SECONDS}",
            "No price is older than is told.",
        ),
        Check("volatility_positive", "not volatility > 0", "A volatility is above zero."),
        Check(
            "greeks_have_their_signs",
            "abs(delta) > 1 or gamma < 0 or vega < 0"
            " or (option_type = 'C' and delta < 0) or (option_type = 'P' and delta > 0)",
            "Calls rise and puts fall with the forward, by no more than it; both rise with "
            "volatility.",
        ),
    ),
)

VOLATILITY_SMILES = Table(
    layer="gold",
    name="volatility_smiles",
    meaning=(
        "One row per expiry and half an hour with options in gold/implied_volatility: the smile of "
        "those out of the money in the raw SVI form of Gatheral and Jacquier."
    ),
    key=("session_date", "product", "expiry", "observed_at"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        Column("observed_at", "timestamp", "Instant of the row, on the clock's half hours."),
        PART,
        _YEARS,
        _FORWARD,
        Column("strikes", "bigint", "Strikes of the options out of the money that are fitted."),
        Column("moneyness_low", "double", f"{_MONEYNESS} of the lowest of them."),
        Column("moneyness_high", "double", f"{_MONEYNESS} of the highest of them."),
        Column("svi_a", "double", "Level of total variance: parameter a of raw SVI."),
        Column("svi_b", "double", "Slope of the wings: parameter b."),
        Column("svi_rho", "double", "Asymmetry of the wings: parameter rho."),
        Column("svi_m", "double", "Where along log-moneyness the smile lies: parameter m."),
        Column("svi_sigma", "double", "How round it is there: parameter sigma."),
        Column("rms_points", "double", "Root mean square error in points (0.01) of volatility."),
        Column(
            "rms_ticks",
            "double",
            "Root mean square error of premiums in ticks; null where the ticks are not known.",
        ),
        Column("atm_volatility", "double", "The smile's volatility at the forward, a fraction."),
        Column(
            "atm_skew",
            "double",
            "The smile's slope there: change of volatility by a unit of log-moneyness.",
        ),
        Column(
            "least_density_factor",
            "double",
            "The least of Durrleman's function between the strikes of the expiry; below zero is a "
            "butterfly arbitrage of the smile.",
        ),
        Column(
            "crossedness",
            "double",
            "By how much total variance of an earlier expiry exceeds that of this one there, at "
            "most, where both have options; above zero is a calendar arbitrage of the smiles.",
        ),
        Column("options", "bigint", "Rows of gold/implied_volatility of the expiry at the time."),
        Column("violations", "bigint", "Those of them that break a relation between prices."),
        Column(
            "reason",
            "string",
            "Why there is no smile: 'undated', 'expired', 'no forward' or 'few strikes'.",
        ),
    ),
    checks=(
        PARTS,
        Check(
            "smile_or_reason",
            "(svi_a is null) <> (reason is not null)",
            "A row has a smile, or the reason why it has none.",
        ),
        Check(
            "no_butterfly_arbitrage",
            "least_density_factor < 0",
            "No smile has a butterfly arbitrage between the strikes.",
            "warn",
        ),
        Check(
            "no_calendar_arbitrage",
            "crossedness > 0",
            "No smile crosses that of the expiry before between the strikes.",
            "warn",
        ),
    ),
)
