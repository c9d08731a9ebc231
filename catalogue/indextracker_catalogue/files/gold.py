"""Gold tables of runs of strategies: what was run, what it traded, held and was worth.

A run is known by a digest of all that decides its result, and its rows are replaced as a whole.
What a strategy is, and what the figures mean, is in docs/strategies.md.
"""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Names

RUNS = Names("run_id")
# What a row of gold/strategy_runs is: one run, the best of a grid, or a chain of tested years.
PLAIN, GRID, WALK_FORWARD = "run", "grid", "walk_forward"
KINDS = (PLAIN, GRID, WALK_FORWARD)
# What a row of gold/strategy_figures is about.
OF_RUN, OF_TICKER, OF_SECTOR, OF_YEAR = "run", "ticker", "sector", "year"
SCOPES = (OF_RUN, OF_TICKER, OF_SECTOR, OF_YEAR)
# The name of the row of a whole run among its figures.
ALL = "all"
# JSON of parameters, terms and what was read.
_JSON = 4096
_MONEY = "the prices' currency"

RUN = Column(
    "run_id",
    "string",
    "Digest of all that decides the result: strategy, parameters, universe, days, terms, the "
    "program, and the contents of what was read.",
)
TICKER = Column("ticker", "string", "Ticker, symbol or product, as its prices name it.")

STRATEGY_RUNS = Table(
    layer="gold",
    name="strategy_runs",
    meaning=(
        "One row per run of a strategy that is complete: it is written after the run's rows of the "
        "other tables."
    ),
    key=("run_id",),
    timeline=RUNS,
    in_warehouse=True,
    by_job=False,
    columns=(
        RUN,
        Column(
            "kind",
            "string",
            "run; grid, whose row tells the best of several; or walk_forward, a chain of years "
            "each run with what was best in the years before.",
        ),
        Column("strategy", "string", "Name of the strategy."),
        Column(
            "parameters",
            "string",
            "Its parameters as JSON; of a grid or a chain the values tried of each.",
            width=_JSON,
        ),
        Column("universe", "string", "A collection of price files, or nse or futures."),
        Column("first_date", "date", "First day that is accounted; there may be history before."),
        Column("last_date", "date", "Last day that is accounted, and the last that is read."),
        Column(
            "terms", "string", "Terms of execution as JSON, as in docs/strategies.md.", width=_JSON
        ),
        Column(
            "reads",
            "string",
            "What was read, as JSON: by table its version and a digest of the contents.",
            width=_JSON,
        ),
        Column("program", "string", "Digest of the engine and of the strategy that is shipped."),
        Column(
            "source_digest",
            "string",
            "Digest (sha256) of a strategy in a file of the user's; null of one that is shipped.",
        ),
        Column("accounts", "string", "portfolio: one account for all; ticker: one for each."),
        Column("tickers", "bigint", "How many tickers there are prices of."),
        Column("bars", "bigint", "How many prices were accounted."),
        Column("trades", "bigint", "How many fills there were."),
    ),
    checks=(
        Check(
            "kind_known",
            "kind not in ('run', 'grid', 'walk_forward')",
            "A row is a run, a grid or a chain.",
        ),
        Check("days_in_order", "first_date > last_date", "A run does not end before it begins."),
    ),
)

STRATEGY_PARTS = Table(
    layer="gold",
    name="strategy_parts",
    meaning=(
        "One row per run that a grid or a chain of tested years is made of; a part is itself in "
        "gold/strategy_runs."
    ),
    key=("run_id", "part"),
    timeline=RUNS,
    in_warehouse=True,
    by_job=False,
    columns=(
        RUN,
        Column("part", "bigint", "Number of the part, from 1."),
        Column("part_run_id", "string", "The run that it is."),
        Column("parameters", "string", "Its parameters as JSON.", width=_JSON),
        Column("first_date", "date", "First day that is accounted."),
        Column("last_date", "date", "Last day that is accounted."),
        Column(
            "sharpe",
            "double",
            "Sharpe ratio a year by which it was chosen: of a grid its own, of a chain that in the "
            "years of training; null where it is not defined.",
        ),
        Column("is_best", "boolean", "Whether it is the chosen one of a grid; of a chain, all."),
    ),
)

STRATEGY_TRADES = Table(
    layer="gold",
    name="strategy_trades",
    meaning=(
        "One row per run and fill. `document` and `line` lead to the line of the bar at whose "
        "price it was filled, where that is of a price file."
    ),
    key=("run_id", "ticker", "filled_at", "decided_at", "side"),
    timeline=RUNS,
    in_warehouse=True,
    by_job=False,
    columns=(
        RUN,
        TICKER,
        Column("filled_at", "timestamp", "Time of the bar at whose price it was filled."),
        Column("decided_at", "timestamp", "Time of the bar after which it was decided."),
        Column("side", "string", "buy or sell."),
        Column("shares", "double", "Shares, or contracts; above 0.", "shares"),
        Column("price", "double", "Price paid or received, with slippage.", _MONEY),
        Column("cost", "double", "Cost of the fill.", _MONEY),
        Column("slippage", "double", "What slippage cost.", _MONEY),
        Column(
            "pnl",
            "double",
            "What was won or lost on what it closed of a position; null where it closed nothing.",
            _MONEY,
        ),
        Column("document", "string", "Digest (sha256) of the price file; null of other prices."),
        Column("line", "bigint", "Line in it; null likewise."),
    ),
    checks=(
        Check("side_known", "side not in ('buy', 'sell')", "A fill buys or sells."),
        Check("shares_above_zero", "not shares > 0", "A fill is of some shares."),
        Check(
            "decided_before_filled",
            "decided_at > filled_at",
            "Nothing is filled before it is decided.",
        ),
    ),
)

STRATEGY_POSITIONS = Table(
    layer="gold",
    name="strategy_positions",
    meaning="One row per run, ticker and decision: the position that the strategy wanted then.",
    key=("run_id", "ticker", "bar_at"),
    timeline=RUNS,
    by_job=False,
    columns=(
        RUN,
        TICKER,
        Column("bar_at", "timestamp", "Time of the bar after which it was decided."),
        Column(
            "target",
            "double",
            "What is wanted, in the unit of the strategy's sizing: a share of the account's "
            "equity, money to buy for, or shares.",
        ),
    ),
)

_ACCOUNT = (
    Column("equity", "double", "Cash and positions.", _MONEY),
    Column("cash", "double", "Cash; below 0 where it is borrowed.", _MONEY),
    Column("long_value", "double", "Worth of what is held.", _MONEY),
    Column("short_value", "double", "Worth of what is owed; 0 or above.", _MONEY),
    Column("paid_in", "double", "Paid into it at the bar.", _MONEY),
    Column("traded", "double", "Worth of what was bought and sold at the bar.", _MONEY),
    Column("cost", "double", "Costs paid at the bar.", _MONEY),
    Column("slippage", "double", "What slippage cost at the bar.", _MONEY),
    Column("borrowing", "double", "What borrowing cost at the bar.", _MONEY),
    Column("dividends", "double", "Dividends received at the bar.", _MONEY),
)
_RETURN = "The return of a bar is equity / (equity before + paid_in) - 1."

STRATEGY_ACCOUNTS = Table(
    layer="gold",
    name="strategy_accounts",
    meaning=(
        "One row per run, ticker and bar of it: what the account of the ticker was worth after the "
        f"bar, where each ticker has one of its own. {_RETURN}"
    ),
    key=("run_id", "ticker", "bar_at"),
    timeline=RUNS,
    by_job=False,
    columns=(RUN, TICKER, Column("bar_at", "timestamp", "Time of the bar."), *_ACCOUNT),
)

STRATEGY_EQUITY = Table(
    layer="gold",
    name="strategy_equity",
    meaning=(
        "One row per run and time: what all its accounts were worth together after the bar. "
        f"{_RETURN} A grid has no rows; of a chain of years there is the growth of its starting "
        "cash alone."
    ),
    key=("run_id", "bar_at"),
    timeline=RUNS,
    in_warehouse=True,
    by_job=False,
    columns=(RUN, Column("bar_at", "timestamp", "Time of the bar."), *_ACCOUNT),
)

_FRACTION = "fraction"
STRATEGY_FIGURES = Table(
    layer="gold",
    name="strategy_figures",
    meaning=(
        "One row per run and scope: the run, or a ticker, sector or calendar year of it. A figure "
        "that its scope does not define is null; each is defined in docs/strategies.md."
    ),
    key=("run_id", "scope", "name"),
    timeline=RUNS,
    in_warehouse=True,
    by_job=False,
    columns=(
        RUN,
        Column("scope", "string", "run, ticker, sector or year."),
        Column("name", "string", "The ticker, sector or year; of a run, all."),
        Column("sector", "string", "Of a ticker, its sector; null where it is not known."),
        Column("profit", "double", "What was won or lost.", _MONEY),
        Column("realised", "double", "What closing fills won or lost.", _MONEY),
        Column("cagr", "double", "Compound growth a year.", _FRACTION),
        Column("volatility", "double", "Standard deviation of returns, a year.", _FRACTION),
        Column("sharpe", "double", "Mean of returns over their deviation, a year."),
        Column("sharpe_low_95", "double", "Lower end of its bootstrap interval of 95 %."),
        Column("sharpe_high_95", "double", "Upper end, likewise."),
        Column("sortino", "double", "Mean of returns over their downside deviation, a year."),
        Column("max_drawdown", "double", "Deepest fall from a peak; 0 or below.", _FRACTION),
        Column("max_drawdown_days", "double", "Longest time below a peak.", "days"),
        Column("turnover", "double", "Worth of trades a year over mean equity.", _FRACTION),
        Column("hit_rate", "double", "Share of closing fills that won.", _FRACTION),
        Column("exposure", "double", "Mean exposure.", _FRACTION),
        Column("cost_paid", "double", "Costs and slippage.", _MONEY),
        Column("alpha", "double", "Mean return beside the benchmark's, a year.", _FRACTION),
        Column("beta", "double", "Slope of returns on the benchmark's."),
        Column("tracking_error", "double", "Deviation of their difference, a year.", _FRACTION),
        Column("information_ratio", "double", "Mean of their difference over its deviation."),
        Column(
            "deflated_sharpe",
            "double",
            "Of a grid and a chain: probability that the Sharpe ratio is above what the best of so "
            "many tries would have by chance.",
        ),
        Column("trades", "bigint", "Fills."),
    ),
    checks=(
        Check(
            "scope_known",
            "scope not in ('run', 'ticker', 'sector', 'year')",
            "A figure is of a run, or of a ticker, sector or year of it.",
        ),
        Check(
            "shares_within_one",
            "hit_rate not between 0 and 1 or deflated_sharpe not between 0 and 1",
            "A share and a probability lie between 0 and 1.",
        ),
    ),
)
