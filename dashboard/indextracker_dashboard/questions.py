"""Questions of strangers: each in a process of its own, which ends with its time.

What such a process may do is in `worker`; what people see of it, in the page.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable

import pyarrow as pa

from indextracker import Frame, Lakehouse
from indextracker.reader import QuestionError
from indextracker_dashboard.worker import READY, ROWS, SENTENCE, Question

SECONDS = 30.0
AT_ONCE = 4


class Questions:
    """Asks questions, a few at a time.

    Args:
        opening: Opens the lakehouse; a class or a function of a module, perhaps with arguments.
        seconds: How long one may take.
        at_once: How many are asked at a time.
    """

    def __init__(
        self,
        opening: Callable[[], Lakehouse],
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self._opening = opening
        self._seconds, self._at_once = seconds, at_once
        self._lock = threading.Lock()
        self._spare: subprocess.Popen[bytes] | None = None
        self._running: dict[Question, subprocess.Popen[bytes]] = {}
        self._stopped: set[Question] = set()

    def prepare(self) -> None:
        """Starts a process that waits for a question, which then needs not wait for it."""
        with self._lock:
            self._spare = self._spare or self._started()

    @property
    def running(self) -> int:
        """How many are being answered."""
        return len(self._running)

    def close(self) -> None:
        """Ends what waits for a question, and what answers one."""
        with self._lock:
            ending = [*self._running.values(), *([self._spare] if self._spare else [])]
            self._spare = None
        for process in ending:
            process.kill()
            process.communicate()

    def ask(self, question: Question) -> Frame:
        """Its answer.

        Raises:
            QuestionError: It cannot be asked or answered, takes too much, or was stopped.
        """
        with self._lock:
            if len(self._running) >= self._at_once or question in self._running:
                raise QuestionError(
                    f"{len(self._running)} questions are being answered: ask again in a moment"
                )
            process, self._spare = self._spare or self._started(), None
            self._running[question] = process
        try:
            return self._answered(process, question)
        finally:
            with self._lock:
                del self._running[question]
                self._stopped.discard(question)
            self.prepare()

    def stop(self, question: Question) -> None:
        """Ends a question that is being answered."""
        with self._lock:
            if process := self._running.get(question):
                self._stopped.add(question)
                process.kill()

    def _answered(self, process: subprocess.Popen[bytes], question: Question) -> Frame:
        assert process.stdout is not None
        process.stdout.read(len(READY))  # what it takes to begin is not of the question's time
        try:
            said, _ = process.communicate(pickle.dumps(question), timeout=self._seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise QuestionError(f"it took longer than {self._seconds:g} seconds") from None
        kind, content = said[:1], said[1:]
        if kind == ROWS and process.returncode == 0:
            return Frame(pa.ipc.open_stream(content).read_all())
        if question in self._stopped:
            raise QuestionError("it was stopped")
        if kind == SENTENCE:
            raise QuestionError(content.decode())
        raise QuestionError("it took too much memory: ask for less at a time")

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "indextracker_dashboard.worker"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(self._opening))
        return process
