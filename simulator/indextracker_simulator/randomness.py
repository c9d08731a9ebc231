"""Random numbers that are the same for the same purpose in every run."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date


DEFAULT_SEED = 6_204
"""The world that is simulated unless another is asked for."""


def generator(seed: int, *stream: date | str) -> np.random.Generator:
    """Return the random numbers of one purpose: equal arguments, equal numbers."""
    keys = [zlib.crc32(str(part).encode()) for part in stream]
    return np.random.default_rng([seed, *keys])
