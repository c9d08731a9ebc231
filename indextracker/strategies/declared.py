"""Runs that people declare: `strategies/*.yml` beside a lake, each of whose years is a run.

A file holds runs by their names:

    trend:
      strategy: crossover          # or a path, from the file's folder
      prices: historical         # a collection, or prices of an exchange by their name
      first_year: 2000
      parameters: {fast: 20, slow: 100}
      terms: {cost_bps: 5}

`last_year`, `adjusted` and `companies` may be there too. Which years are run, and when, is decided
by whoever asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from indextracker.reader.names import meant
from indextracker.strategies import own
from indextracker.strategies.running import Wish
from indextracker.strategies.universes import sectors_of
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.model import Terms

FOLDER = "strategies"
_NEEDED = ("strategy", "prices", "first_year")
_MAY_BE = ("parameters", "terms", "last_year", "adjusted", "companies")
# A name is one of an asset.
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")


class DeclarationError(ValueError):
    """A file that declares no runs as it stands: which, and what is wrong with it."""


@dataclass(frozen=True)
class Declared:
    """A run that is declared.

    Attributes:
        name: Its name.
        universe: What its prices are called.
        first_year: The first year that may be run.
        last_year: The last one; None for as long as there are prices.
        parameters: Values of the strategy's parameters.
        wish: What is run, but for the days.
    """

    name: str
    universe: str
    first_year: int
    last_year: int | None
    parameters: Mapping[str, float]
    wish: Wish

    def of_year(self, year: int) -> Wish:
        """What is run for a year: its days, with the history before them."""
        return replace(self.wish, first=date(year, 1, 1), last=date(year, 12, 31))


def declared_runs(lake: str) -> tuple[list[Declared], list[DeclarationError]]:
    """The runs that are declared beside a lake, and what is wrong with the others.

    Args:
        lake: Folder of the lake; beside a lake on S3 nothing is looked for.
    """
    if "://" in lake:
        return [], []
    found: dict[str, Declared] = {}
    wrong: list[DeclarationError] = []
    for file in sorted(Path(lake).parent.joinpath(FOLDER).glob("*.yml")):
        try:
            for run in _runs(file):
                if run.name in found:
                    wrong.append(DeclarationError(f"{file}: {run.name} is declared before"))
                found.setdefault(run.name, run)
        except DeclarationError as error:
            wrong.append(error)
    return list(found.values()), wrong


def _runs(file: Path) -> list[Declared]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise DeclarationError(f"{file} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise DeclarationError(f"{file} holds no runs by their names")
    return [_run(file, str(name), given) for name, given in document.items()]


def _run(file: Path, name: str, given: Any) -> Declared:
    where = f"{file}, {name}"
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"{where}: a name has letters, digits and '_' alone, up to 64")
    if not isinstance(given, dict):
        raise DeclarationError(f"{where}: {_listed(_NEEDED)} are needed")
    if missing := [key for key in _NEEDED if key not in given]:
        raise DeclarationError(f"{where}: {_listed(missing)} is missing")
    if unknown := [str(key) for key in given if key not in (*_NEEDED, *_MAY_BE)]:
        raise DeclarationError(f"{where}: {_listed(unknown)} is none of {_listed(_MAY_BE)}")
    try:
        strategy, digest = _strategy(file, str(given["strategy"]))
        companies = given.get("companies")
        wish = Wish(
            strategy=strategy,
            universe=str(given["prices"]),
            terms=Terms(**given.get("terms", {})),
            source_digest=digest,
            adjusted=bool(given.get("adjusted", False)),
            sectors=None if companies is None else sectors_of(file.parent / str(companies)),
        )
        last = given.get("last_year")
        return Declared(
            name,
            wish.universe,
            int(given["first_year"]),
            None if last is None else int(last),
            strategy.values(given.get("parameters", {})),
            wish,
        )
    except (TypeError, ValueError) as error:
        raise DeclarationError(f"{where}: {error}") from error


def _strategy(file: Path, name: str) -> tuple[Any, str | None]:
    if own.is_own(name):
        path = file.parent / name
        return own.load(path), own.source_digest(path)
    if name not in SHIPPED:
        raise ValueError(f"there is no strategy {name!r}{meant(name, SHIPPED)}")
    return SHIPPED[name], None


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
