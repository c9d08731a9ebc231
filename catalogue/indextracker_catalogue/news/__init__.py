"""The tables of news, in the order in which data flows through them.

Each is declared in the module of its layer.
"""

from indextracker_catalogue.news.columns import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.news.secrets import *  # noqa: F403
from indextracker_catalogue.news.bronze import *  # noqa: F403
from indextracker_catalogue.news.reference import *  # noqa: F403
from indextracker_catalogue.news.silver import *  # noqa: F403
from indextracker_catalogue.news.gold import *  # noqa: F403
from indextracker_catalogue.news.audits import *  # noqa: F403
from indextracker_catalogue.news.subject import *  # noqa: F403
