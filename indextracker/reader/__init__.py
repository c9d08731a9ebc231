"""The reader: what is in the lakehouse, as frames, for people who study it.

`Lakehouse` is the front door. It needs neither Spark nor Dagster nor dbt, writes nothing, and works
while a run writes. Commands of a terminal do not belong here.
"""

from indextracker.lake.questions import QuestionError
from indextracker.reader.frames import Frame, MissingSessionsWarning
from indextracker.reader.lakehouse import Lakehouse
from indextracker.reader.names import UnknownNameError
from indextracker.reader.opening import LakehouseMissingError
from indextracker.reader.spans import NoSessionError

__all__ = [
    "Frame",
    "Lakehouse",
    "LakehouseMissingError",
    "MissingSessionsWarning",
    "NoSessionError",
    "QuestionError",
    "UnknownNameError",
]
