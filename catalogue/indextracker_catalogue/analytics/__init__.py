"""The tables of analytics: what the index and everything that hangs on it say about each other.

Each is declared in a module of its analytic.
"""

from indextracker_catalogue.analytics.across import *  # noqa: F403
from indextracker_catalogue.analytics.flow import *  # noqa: F403
from indextracker_catalogue.analytics.forecasts import *  # noqa: F403
from indextracker_catalogue.analytics.futures import *  # noqa: F403
from indextracker_catalogue.analytics.lead_lag import *  # noqa: F403
from indextracker_catalogue.analytics.options import *  # noqa: F403
from indextracker_catalogue.analytics.subject import *  # noqa: F403
from indextracker_catalogue.analytics.volatility import *  # noqa: F403
from indextracker_catalogue.analytics.volatility_index import *  # noqa: F403
