"""Engines: they run Spark jobs on a lake.

The caller decides which job runs on which sessions; indextracker_spark defines what a job computes.
"""

from __future__ import annotations

from indextracker.engines.protocol import CapacityError, Engine, EngineError, Host, JobRun
from indextracker.settings import Settings

__all__ = ["CapacityError", "Engine", "EngineError", "Host", "JobRun", "engine"]


def engine(settings: Settings) -> Engine:
    """The engine that the settings name. Nothing starts before the first job."""
    kind = settings.engine.name.partition(":")[0]
    match kind:
        case "spark":
            from indextracker.engines.jvm import JvmEngine  # noqa: PLC0415 - pyspark is slow

            return JvmEngine(on_s3=settings.lake.address.startswith("s3://"))
        case "sc":
            from indextracker.engines.connect import ConnectEngine  # noqa: PLC0415

            return ConnectEngine(settings.engine.name)
        case "emr":
            from indextracker.engines.emr import EmrEngine  # noqa: PLC0415

            return EmrEngine(settings)
        case _:
            from indextracker.engines.sail import SailEngine  # noqa: PLC0415

            return SailEngine()
