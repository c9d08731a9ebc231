"""What a case is, and the names of the modules and tables that cases speak of."""

from dataclasses import dataclass
from datetime import date

from support.market import THIRD_WEDNESDAY

CLOCK = "indextracker_spark.taiwan.clock"
LINES = "indextracker_spark.taiwan.lines"
TICKS = "indextracker_spark.taiwan.ticks"
FACTS = "indextracker_spark.taiwan.facts"
TERMS = "indextracker_spark.taiwan.contracts"
MARKETS = "indextracker_spark.taiwan.markets"
REPORT = "indextracker_spark.taiwan.reports"
OFFICIAL = "indextracker_spark.taiwan.reconciliation"
BARS = "indextracker_spark.shared.bars"
EXPIRIES = "indextracker_spark.taiwan.expiries"
FORMS = "indextracker_catalogue.taiwan.forms"
FILES = "indextracker.feeds.taiwan.taifex_ticks"
REPORTS = "indextracker.feeds.taiwan.twse"
CALENDARS = "indextracker.calendars"

LEVELS = "silver/index_levels"
TRADES = "silver/futures_trades"
SPREADS = "silver/futures_spreads"
REJECTS = "silver/rejects"
CONTRACTS = "silver/contracts"
INDEX_BARS = "gold/index_bars"
INDEX_SESSIONS = "gold/index_sessions"
FUTURES_BARS = "gold/futures_bars"
FUTURES_SESSIONS = "gold/futures_sessions"
SPREAD_BARS = "gold/spread_bars"
SIDES = "silver/option_trades"
OPTION_BARS = "gold/option_bars"
OPTION_SESSIONS = "gold/option_sessions"
ETF = "silver/etf_trades"
ETF_BARS = "gold/etf_bars"
ETF_SESSIONS = "gold/etf_sessions"
DAILY = "silver/daily_report"
RECONCILED = "gold/reconciliation"


@dataclass(frozen=True)
class Case:
    """A rule in words, where it stands, what stands there instead, and what must differ then."""

    rule: str
    module: str
    code: str
    instead: str
    tables: tuple[str, ...]
    session: date = THIRD_WEDNESDAY
