"""The tables of India's National Stock Exchange, in the order in which data flows through them.

Each is declared in the module of its layer.
"""

from indextracker_catalogue.india.columns import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.india.bronze import *  # noqa: F403
from indextracker_catalogue.india.reference import *  # noqa: F403
from indextracker_catalogue.india.silver import *  # noqa: F403
from indextracker_catalogue.india.gold import *  # noqa: F403
from indextracker_catalogue.india.audits import *  # noqa: F403
from indextracker_catalogue.india.subject import *  # noqa: F403
