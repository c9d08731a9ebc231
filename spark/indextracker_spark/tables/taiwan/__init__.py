"""The tables of TAIEX and its derivatives, in the order in which data flows through them.

A table is declared in the module of its layer and collected from there.
"""

from indextracker_spark.tables.taiwan.columns import *  # noqa: F403, I001 - in the data's order
from indextracker_spark.tables.taiwan.bronze import *  # noqa: F403
from indextracker_spark.tables.taiwan.reference import *  # noqa: F403
from indextracker_spark.tables.taiwan.silver import *  # noqa: F403
from indextracker_spark.tables.taiwan.gold import *  # noqa: F403
from indextracker_spark.tables.taiwan.audits import *  # noqa: F403
