"""The tables of people's own price files, in the order in which data flows through them.

Each is declared in the module of its layer.
"""

from indextracker_catalogue.files.columns import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.files.silver import *  # noqa: F403
from indextracker_catalogue.files.gold import *  # noqa: F403
from indextracker_catalogue.files.audits import *  # noqa: F403
from indextracker_catalogue.files.subject import *  # noqa: F403
