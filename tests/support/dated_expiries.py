"""Expiries that the exchange's notices and reports have dated, each with its source."""

import csv
from pathlib import Path

ROWS = tuple(
    csv.DictReader(
        Path(__file__).with_name("dated_expiries.csv").read_text(encoding="utf-8").splitlines()
    )
)
