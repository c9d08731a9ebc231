"""Progress in a pipe: few lines, with what is done, what is left, and for how long."""

from __future__ import annotations

from indextracker_cli.progress import LINES_PER_STAGE, Stages


class Watch:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_long_stage_is_ten_lines_at_most() -> None:
    told: list[str] = []
    clock = Watch()
    stages = Stages(told.append, clock)
    stages.begin("asking for documents", 1000, "documents")
    for _ in range(1000):
        clock.now += 11.0
        stages.advance(1, "taifex_futures")
    assert told[0] == "   0.0 s  asking for documents: 1,000 documents"
    assert 5 <= len(told) <= 1 + LINES_PER_STAGE
    # 101 done in 1,111 s: 899 more take 9,889 s.
    assert told[1] == "1111.0 s  asking for documents: 101 of 1,000 documents, about 2.7 h left"


def test_a_short_stage_is_one_line() -> None:
    told: list[str] = []
    clock = Watch()
    stages = Stages(told.append, clock)
    stages.begin("asking for documents", 5, "documents")
    for _ in range(5):
        clock.now += 1.0
        stages.advance()
    assert len(told) == 1


def test_what_was_done_is_remembered_for_who_interrupts() -> None:
    stages = Stages(lambda _: None, Watch())
    stages.begin("asking for documents", 2, "documents")
    stages.advance(2)
    stages.begin("computing 2 sessions", 38)
    stages.advance(4, "silver/contracts")
    assert stages.so_far() == (
        "while computing 2 sessions, at silver/contracts (4 of 38 parts), after asking for "
        "documents (2 of 2 documents)"
    )
