"""The state of the page SQL, by which other pages link to a question.

It is not in the folder of that page: importing that imports all pages, which a page's own module
cannot while it is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from indextracker_dashboard.state import State, StateError
from indextracker_dashboard.worker import Question

LONGEST = 6_000


@dataclass(frozen=True)
class SqlState(State):
    """A question.

    Attributes:
        sql: The statement; none at first.
        of: Whom it is put to.
        values: Its parameters, as `session=2024-12-16, product=TX`.
        find: What is looked for in the dictionary.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_max_length=LONGEST)

    sql: str = ""
    of: Literal["lake", "warehouse"] = "lake"
    values: str = ""
    find: str = ""

    def question(self, rows: int) -> Question:
        """What is asked.

        Raises:
            StateError: The parameters cannot be read.
        """
        pairs = [part.partition("=") for part in self.values.split(",") if part.strip()]
        if any(not (sign and name.strip().isidentifier()) for name, sign, _ in pairs):
            raise StateError("parameters are written as name=value, name=value")
        values = tuple((name.strip(), value.strip()) for name, _, value in pairs)
        return Question(self.sql, values, self.of, rows)
