"""The class of a case, and the names of tables in cases."""

from dataclasses import dataclass
from datetime import date

from end_to_end.breaking import Rule
from support.market import THIRD_WEDNESDAY

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
    """A rule in words, where it stands and how it is broken, and what must differ then."""

    says: str
    rule: Rule
    tables: tuple[str, ...]
    session: date = THIRD_WEDNESDAY
