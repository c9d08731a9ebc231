"""Lists of the day for tests of instruments that know none."""

from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import india as t


def none(frames: Frames) -> tuple[DataFrame, DataFrame, DataFrame]:
    """No renamings, listed shares and members of an index, as after a backfill of the past."""
    changes, listed, members = t.SYMBOL_CHANGES, t.LISTED_SECURITIES, t.INDEX_MEMBERS
    return frames.of(changes, []), frames.of(listed, []), frames.of(members, [])
