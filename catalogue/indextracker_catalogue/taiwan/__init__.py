"""The tables of TAIEX and its derivatives, in the order in which data flows through them.

Each is declared in the module of its layer.
"""

from indextracker_catalogue.taiwan.columns import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.taiwan.bronze import *  # noqa: F403
from indextracker_catalogue.taiwan.reference import *  # noqa: F403
from indextracker_catalogue.taiwan.silver import *  # noqa: F403
from indextracker_catalogue.taiwan.gold import *  # noqa: F403
from indextracker_catalogue.taiwan.audits import *  # noqa: F403
