"""Answers one question of a stranger, and ends: `python -m indextracker_dashboard.worker`.

A single call inside of a statement, such as `repeat('x', 3000000000)`, can neither be interrupted
nor kept within DuckDB's own limit of memory: a process can. It opens the lakehouse, reads a
`Question` from standard input and writes the answer in Arrow's stream format to standard output, or
a sentence. It writes no file, and has as much memory as is set here. Who starts, ends and counts
such processes is `questions`.
"""

from __future__ import annotations

import pickle
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from indextracker import Frame, Lakehouse

# Of which 1.4 GB are set aside by libraries at once, and hardly used (November 2026).
MEMORY_BYTES = 3 * 2**30
ANSWER_BYTES = 256 * 2**20
READY, ROWS, SENTENCE = b".", b"R", b"S"


@dataclass(frozen=True)
class Question:
    """One statement.

    Attributes:
        sql: The statement.
        values: Names and values of its parameters.
        of: `lake` or `warehouse`.
        rows: How many rows are read at most.
    """

    sql: str
    values: tuple[tuple[str, str], ...]
    of: str
    rows: int

    def asked(self, lakehouse: Lakehouse) -> Frame:
        """Its answer.

        Raises:
            QuestionError: It cannot be asked or answered.
        """
        return lakehouse.sql(self.sql, dict(self.values), of=self.of, rows=self.rows)


def main() -> None:
    """Opens the lakehouse that is named first, and answers the question that comes then."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        # Of the process that started this one.
        lakehouse = pickle.load(asked)()  # noqa: S301
        for place in ("lake", "warehouse"):
            # Opens what a question needs, before one is waited for.
            with suppress(Exception):
                lakehouse.sql("select 1", of=place)
        answers.write(READY)
        answers.flush()
        question: Question = pickle.load(asked)  # noqa: S301
    except EOFError:  # nobody asks any more
        return
    _limit()
    try:
        rows = _answer(lakehouse, question)
    except MemoryError:
        answers.write(SENTENCE + b"it took too much memory: ask for less at a time")
    except Exception as error:  # noqa: BLE001 - whatever it was is said to who asked
        answers.write(SENTENCE + str(error).encode())
    else:
        answers.write(ROWS)
        with pa.ipc.new_stream(answers, rows.schema) as stream:
            stream.write_table(rows)
    answers.flush()


def _answer(lakehouse: Lakehouse, question: Question) -> pa.Table:
    rows = question.asked(lakehouse).arrow()
    if rows.nbytes > ANSWER_BYTES:
        most = ANSWER_BYTES // 2**20
        raise ValueError(f"the answer is larger than {most} MB: ask for fewer columns or rows")
    return rows


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Of what a process may write, not of addresses: allocators reserve many more than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
