"""Strategies and the prices that they can be run over, as the commands and the lake list them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from indextracker.reader import QuestionError
from indextracker_dashboard import children
from indextracker_dashboard.data import Data

# Prices of exchanges, by the name that `strategy run --on` has for them.
EXCHANGES = {"nse": "Shares of NSE", "futures": "TX, front month after front month"}
_COLLECTIONS = "select distinct collection from silver.file_documents order by collection"


@lru_cache(maxsize=1)
def strategies() -> dict[str, dict[str, Any]]:
    """What is shipped, by name: title, meaning, and parameters with their ranges.

    Raises:
        OSError: The command that lists them failed.
    """
    found: dict[str, dict[str, Any]] = json.loads(children.listed("strategy", "list", "--json"))
    return found


def universes(data: Data) -> dict[str, str]:
    """What a strategy can be run over, by name, and how each is called."""
    return {name: name for name in collections(data)} | EXCHANGES


def collections(data: Data) -> list[str]:
    """The collections of price files that are loaded."""
    try:
        rows = data.lakehouse.sql(_COLLECTIONS).arrow()
    except (LookupError, QuestionError):
        return []
    found: list[str] = rows["collection"].to_pylist()
    return found
