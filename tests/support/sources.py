"""The folder of the sources, for tests that read files of it."""

from pathlib import Path

PROJECT = Path(__file__).parents[2]
