"""Ticks of schedules and sensors, and the runs that they ask for, as the daemon would do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg

from indextracker.platform import Platform
from indextracker_assets.definitions import build_defs
from indextracker_assets.outcomes import sentence

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Asked:
    """A run that a tick asked for."""

    job: str
    keys: tuple[str, str] | None
    assets: frozenset[str]
    request: dg.RunRequest

    @property
    def sessions(self) -> tuple[date | None, date | None]:
        if self.keys is None:
            return None, None
        first, last = map(date.fromisoformat, self.keys)
        return first, last


class Harness:
    """The code location over a platform, on an instance of its own."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance) -> None:
        self.platform = platform
        self.instance = instance
        self.defs = build_defs(platform)

    def schedule(self, name: str, at: datetime) -> list[Asked] | str:
        """What a schedule asks for at an instant; the reason where it skips."""
        schedule = self.defs.get_schedule_def(name)
        context = dg.build_schedule_context(self.instance, scheduled_execution_time=at)
        tick = schedule.evaluate_tick(context)
        return self._asked(tick.run_requests, schedule.job_name) or str(tick.skip_message)

    def sensor(self, name: str) -> list[Asked] | str:
        """What a sensor asks for now; the reason where it skips."""
        sensor = self.defs.get_sensor_def(name)
        tick = sensor.evaluate_tick(dg.build_sensor_context(self.instance, definitions=self.defs))
        job = sensor.job_name if len(sensor.targets) == 1 else None
        return self._asked(tick.run_requests, job or "") or str(tick.skip_message)

    def run(self, asked: list[Asked] | str) -> None:
        """Runs what was asked for, to a good end."""
        assert not isinstance(asked, str), asked
        for one in asked:
            result = self.launch(one.job, one.request)
            failures = result.filter_events(lambda event: event.is_step_failure)
            said = [f"{event.step_key}: {sentence(event)}" for event in failures]
            assert result.success, "\n".join(said)

    def launch(
        self, job: str, request: dg.RunRequest, run_id: str | None = None
    ) -> dg.ExecuteInProcessResult:
        selection = request.asset_selection
        return self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            asset_selection=list(selection) if selection else None,
            tags=dict(request.tags),
            run_config=QUIET,
            raise_on_error=False,
            run_id=run_id,
        )

    @staticmethod
    def _asked(requests: Sequence[dg.RunRequest] | None, job: str) -> list[Asked]:
        found = []
        for request in requests or ():
            first = request.tags.get("dagster/asset_partition_range_start")
            last = request.tags.get("dagster/asset_partition_range_end")
            found.append(
                Asked(
                    request.job_name or job,
                    (first, last) if first and last else None,
                    frozenset("/".join(key.path) for key in request.asset_selection or ()),
                    request,
                )
            )
        return found
