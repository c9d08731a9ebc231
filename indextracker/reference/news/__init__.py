"""What articles and headlines leave unsaid: which companies of NSE are meant by their tickers."""

from datetime import timedelta
from importlib import resources
from typing import Final

from indextracker.reference.facts import Facts
from indextracker_catalogue.news.reference import NEWS_INSTRUMENTS

# Indian companies begin or end to be traded in New York once in some years.
INSTRUMENTS: Final = Facts(
    NEWS_INSTRUMENTS, resources.files(__name__), good_for=timedelta(days=730)
)
