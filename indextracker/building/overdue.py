"""What is overdue: inputs that were not built from what there is now, and what builds on them.

Who loads days backwards, or one day alone, leaves days between which rest on others by now. What
looks back on them would read what was made of less: it waits, and a run of any day builds what it
looks back on first. Building it is done elsewhere, as are runs of what is stale for its own sake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from indextracker.building import staleness
from indextracker.building.earlier import Known, earlier
from indextracker.building.jobs import reach, writers
from indextracker.building.needs import need, ways_of
from indextracker.building.staleness import Documents, Need
from indextracker.lake import Lake
from indextracker_catalogue import Key, Table
from indextracker_catalogue.job import Job
from indextracker_catalogue.timeline import seen


@dataclass(frozen=True)
class Inputs:
    """What the inputs of a table's jobs should be built from, and what they are built from.

    Attributes:
        documents: What can be built: of each input by its path, of each job by its name, and of the
            table by its path.
        built: What the inputs were last built from.
        known: The keys that this is known of.
    """

    documents: Documents
    built: Documents
    known: frozenset[Key]

    @classmethod
    def of(
        cls,
        lake: Lake,
        table: Table,
        keys: Sequence[Key],
        before: Sequence[Key],
        calendars: Known,
    ) -> Self:
        """Those of some keys of a table, and of the keys before that its jobs look back on."""
        jobs, every = writers(table), {*keys, *before}
        reads = dict.fromkeys(read for job in jobs for read in job.reads)
        below = {read.path: need(read) for read in reads if not read.is_whole and writers(read)}
        of_jobs = {job.name: Need(table.timeline, ways_of(job)) for job in jobs}
        needs = {**below, **of_jobs, table.path: need(table)}
        return cls(
            staleness.accepted(lake, needs, every, calendars),
            staleness.built(lake, below, every),
            frozenset(every),
        )

    def overdue(self, job: Job, keys: Sequence[Key]) -> Iterator[tuple[Table, list[Key]]]:
        """The inputs of a job that are overdue for some keys, each with its keys that are."""
        due = [key for key in keys if key in self.documents[job.name]]
        for read, look_back in zip(job.reads, job.look_backs, strict=True):
            if read.path not in self.built:
                continue
            now, last = self.documents[read.path], self.built[read.path]
            looked_at = seen(due, self.known, look_back)
            if wrong := [key for key in looked_at if last.get(key) != now.get(key)]:
                yield read, wrong


def before(lake: Lake, table: Table, keys: Sequence[Key], calendars: Known) -> list[Key]:
    """The keys before some that are overdue, and that what rests on the table looks back on.

    Args:
        lake: Where the logs lie.
        table: The table.
        keys: The keys that are built next.
        calendars: Without what was found to be closed.

    Returns:
        Those that can be built now, in order: a key whose own inputs are overdue is left out.
    """
    own = {*keys}
    looked_at = [
        key for key in earlier(calendars, table.timeline, keys, reach(table)) if key not in own
    ]
    if not looked_at:
        return []
    found = list(staleness.stale(lake, {table.path: need(table)}, looked_at, calendars)[table.path])
    if not found:
        return []
    jobs = writers(table)
    inputs = Inputs.of(
        lake,
        table,
        found,
        earlier(calendars, table.timeline, found, max(job.look_back for job in jobs)),
        calendars,
    )
    return [key for key in found if not any(any(inputs.overdue(job, [key])) for job in jobs)]
