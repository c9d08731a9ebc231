"""A few changed documents for each parser, the same each time; `make fuzz` tries many others.

What was found once stays found: the documents of `corpus/found` are read by the targets that they
are named after.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.child import Trial
from fuzz.targets import CORPUS, FOUND, Target, targets

from indextracker.feeds import FEEDS

EXAMPLES = 10


@pytest.mark.parametrize("target", targets().values(), ids=targets())
def test_whatever_is_read_is_refused_or_says_what_the_bytes_say(target: Target) -> None:
    trial = Trial(target)
    trial.run(seed=20241216, examples=EXAMPLES)
    assert trial.tried >= EXAMPLES


@pytest.mark.parametrize("place", sorted(FOUND.iterdir()), ids=lambda place: place.stem)
def test_what_was_found_once_is_mended(place: Path) -> None:
    targets()[place.name.rpartition("-")[0]].check(place.read_bytes())


def test_every_target_has_seeds_that_it_accepts() -> None:
    """Otherwise what is changed is nothing but rubbish."""
    without = [
        name
        for name, target in targets().items()
        if not any(target.check(body) for body in target.seeds())
    ]
    assert set(without) <= {
        # Whole ones are too large to be kept, and nothing less of them is accepted.
        *("taifex_futures", "taifex_options", "taifex_daily_options", "twse_index"),
    }
    assert {*FEEDS} <= {*targets()}
    assert {path.name for path in CORPUS.iterdir()} - {FOUND.name} == {*targets()}
