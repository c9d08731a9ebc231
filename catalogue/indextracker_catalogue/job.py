"""What a job is: one way to fill a table, told by what it reads and which slice it writes.

How its rows are made is told by the kinds of jobs: those that run on Spark, and those that read
lines of documents. Which of them run, and when, does not belong here either.
"""

from __future__ import annotations

from dataclasses import dataclass

from indextracker_catalogue.model import Table


@dataclass(frozen=True)
class Input:
    """A table that a job reads.

    Attributes:
        table: Which one: in one piece, or on the time line of the table that the job writes.
        look_back: How many keys before each built one the job sees too.
        optional: Whether the job does without it where it is not there. A key that was built so is
            stale once it is.
    """

    table: Table
    look_back: int = 0
    optional: bool = False


class Job:
    """One way to fill a table; several may fill one, each a slice of it.

    Attributes:
        writes: The table filled.
        inputs: What it reads; a Table stands for an Input without a look-back.
        slice_values: Values of slicing columns: the job writes this slice of `writes`, and reads
            this slice of the inputs that are sliced by the same columns.
    """

    writes: Table
    inputs: tuple[Table | Input, ...]
    slice_values: dict[str, str]

    def __post_init__(self) -> None:
        own = self.writes
        for table in self.reads:
            if table.timeline != own.timeline and not (table.is_whole or own.is_whole):
                raise ValueError(
                    f"{self.name} fills keys of {own.timeline.name} and reads {table.path}, which "
                    f"has those of {table.timeline.name}: a job has one time line"
                )
        if own.writes != "replace":
            raise ValueError(f"{self.name}: jobs replace, and {own.path} says {own.writes}")

    @property
    def reads(self) -> tuple[Table, ...]:
        """The tables that it reads."""
        return tuple(one.table if isinstance(one, Input) else one for one in self.inputs)

    @property
    def look_backs(self) -> tuple[int, ...]:
        """How many keys before each one asked for it sees of each of them."""
        return tuple(one.look_back if isinstance(one, Input) else 0 for one in self.inputs)

    @property
    def optional(self) -> tuple[Table, ...]:
        """Those of them that it does without."""
        return tuple(one.table for one in self.inputs if isinstance(one, Input) and one.optional)

    @property
    def look_back(self) -> int:
        """The longest of its look-backs."""
        return max(self.look_backs, default=0)

    @property
    def name(self) -> str:
        """The table's path, and the slice, where several jobs write the table."""
        return "/".join((self.writes.path, *self.slice_of(self.writes).values()))

    def slice_of(self, table: Table) -> dict[str, str]:
        """The slice of one of its tables that the job reads or writes; empty for all of it."""
        return {
            name: self.slice_values[name] for name in table.slice_by if name in self.slice_values
        }
