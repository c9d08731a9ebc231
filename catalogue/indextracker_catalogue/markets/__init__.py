"""The tables of quotes, in the order in which data flows through them."""

from indextracker_catalogue.markets.bronze import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.markets.silver import *  # noqa: F403
from indextracker_catalogue.markets.gold import *  # noqa: F403
from indextracker_catalogue.markets.subject import *  # noqa: F403
