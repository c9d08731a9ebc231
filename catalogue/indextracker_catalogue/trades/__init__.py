"""The tables of trade events, in the order in which data flows through them."""

from indextracker_catalogue.trades.bronze import *  # noqa: F403, I001 - in the data's order
from indextracker_catalogue.trades.silver import *  # noqa: F403
from indextracker_catalogue.trades.gold import *  # noqa: F403
from indextracker_catalogue.trades.subject import *  # noqa: F403
