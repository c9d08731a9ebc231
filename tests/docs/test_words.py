"""Sources, messages and documents keep to words that a stranger reads once."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from support.sources import PROJECT

# What is not there is missing; a name may hold the word between underscores too.
REFUSED = re.compile(r"(?<![a-z])l" + r"ack(s|ed|ing)?(?![a-z])", re.IGNORECASE)
WRITTEN_BY_HAND = {".py", ".sql", ".md", ".yml", ".yaml", ".toml", ".csv", ".json", ""}
NOT_OURS = {"data", "target", "dist", "build"}


def texts() -> Iterator[Path]:
    """The project's own text files, without hidden folders and what is built."""
    for folder, inside, names in os.walk(PROJECT):
        inside[:] = [name for name in inside if name[0] != "." and name not in NOT_OURS]
        yield from (path for n in names if (path := Path(folder, n)).suffix in WRITTEN_BY_HAND)


def refused(text: str) -> list[int]:
    """The lines that hold a refused word, from 1."""
    return [n for n, line in enumerate(text.splitlines(), 1) if REFUSED.search(line)]


def test_what_is_missing_is_called_missing() -> None:
    found = {
        str(path.relative_to(PROJECT)): lines
        for path in texts()
        if (lines := refused(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


def test_the_word_is_found_in_names_and_not_in_others() -> None:
    word = "l" + "ack"
    assert refused(f"{word}s_room\nLINES_OF_{word.upper()}S\nclass {word.title()}:") == [1, 2, 3]
    assert refused(f"a black box\nmessages for S{word}") == []
