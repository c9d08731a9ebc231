"""What companies do to their shares: what an action is, what it does to the price, how it reads.

Which company acts when is decided in instruments.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import numpy as np

Kind = Literal["split", "bonus", "rights", "dividend", "demerger", "buyback"]


@dataclass(frozen=True)
class Action:
    """One corporate action.

    Attributes:
        kind: Which one.
        ex_date: The first session without the right to it.
        new: Of a bonus or rights issue, new shares for each `held`; of a split, the new face value
            in rupees.
        held: Shares held; of a split, the old face value in rupees.
        paise: Of a dividend, its amount a share; of a rights issue, the premium over the face
            value; else 0.
        issue_paise: What a new share of a rights issue costs; else 0.
        interim: Of a dividend, whether it is paid within the year.
        spun_off: Of a demerger, the share of the price that leaves the company.
        spaced: Whether the text has a blank that others of its kind have not.
    """

    kind: Kind
    ex_date: date
    new: int = 1
    held: int = 1
    paise: int = 0
    issue_paise: int = 0
    interim: bool = True
    spun_off: float = 0.0
    spaced: bool = False

    def price_factor(self, close: float) -> float:
        """Return the price after the action as a share of a close before it, paise."""
        return _FACTORS[self.kind](self, close)

    @property
    def share_factor(self) -> float:
        """Return how many shares there are after the action for each one before."""
        return {
            "split": self.held / self.new,
            "bonus": 1 + self.new / self.held,
            "rights": 1 + self.new / self.held,
        }.get(self.kind, 1.0)

    @property
    def short_text(self) -> str:
        """Return the action as the daily report words it."""
        return _SHORT[self.kind](self)

    @property
    def long_text(self) -> str:
        """Return the action as the list of corporate actions words it."""
        return _LONG[self.kind](self)


_FACTORS: dict[Kind, Callable[[Action, float], float]] = {
    "split": lambda a, _: a.new / a.held,
    "bonus": lambda a, _: a.held / (a.held + a.new),
    "rights": lambda a, close: (a.held + a.new * a.issue_paise / close) / (a.held + a.new),
    "dividend": lambda a, close: 1 - a.paise / close,
    "demerger": lambda a, _: 1 - a.spun_off,
    "buyback": lambda _a, _: 1.0,
}

_SHORT: dict[Kind, Callable[[Action], str]] = {
    "split": lambda a: (
        f"FV{' ' * a.spaced}SPLT FRM {_capital_rupees(a.held)} TO {_capital_rupees(a.new)}"
    ),
    "bonus": lambda a: f"BONUS {a.new}:{a.held}",
    "rights": lambda a: f"RIGHTS {a.new}:{a.held}@PRM {_capital_rupees(a.paise / 100)}",
    "dividend": lambda a: (
        f"{'INTDIV' if a.interim else 'DIV'} - {_capital_rupees(a.paise / 100)} PER SH"
    ),
    "demerger": lambda _: "DEMERGER",
    "buyback": lambda _: "BUY BACK",
}

_LONG: dict[Kind, Callable[[Action], str]] = {
    "split": lambda a: (
        f"Face Value Split (Sub-Division) - From {_rupees(a.held)}/- Per Share "
        f"To {_rupees(a.new)}/- Per Share"
    ),
    "bonus": lambda a: f"Bonus {a.new}:{a.held}",
    "rights": lambda a: f"Rights {a.new}:{a.held} @ Premium {_rupees(a.paise / 100)}/-",
    "dividend": lambda a: (
        f"{'Interim Dividend' if a.interim else 'Dividend'} - {_rupees(a.paise / 100)} Per Share"
    ),
    "demerger": lambda _: "Demerger",
    "buyback": lambda _: "Buy Back",
}


def drawn(
    kind: Kind, ex_date: date, close: float, face: int, random: np.random.Generator
) -> Action | None:
    """Return an action of a kind that suits a price, None where none does.

    Args:
        kind: Which one.
        ex_date: Its ex-date.
        close: The close before it, paise.
        face: Face value of a share, rupees.
        random: Chooses its terms.
    """
    terms = _TERMS[kind](close, face, random)
    return None if terms is None else Action(kind, ex_date, **terms)


_DEAR = 30_000  # paise: companies split shares that cost so much
_BONUSES = ((1, 1), (1, 1), (1, 2), (2, 1), (3, 5), (1, 10))
_RIGHTS = ((1, 4), (3, 11), (45, 301), (1, 1))


def _split(close: float, face: int, random: np.random.Generator) -> dict[str, Any] | None:
    faces = [smaller for smaller in (5, 2, 1) if smaller < face]
    if close < _DEAR or not faces:
        return None
    new = int(random.choice(faces))
    return {"new": new, "held": face, "spaced": bool(random.random() < 0.3)}


def _bonus(close: float, _face: int, random: np.random.Generator) -> dict[str, Any] | None:
    new, held = _BONUSES[random.integers(len(_BONUSES))]
    return None if close < _DEAR / 2 else {"new": new, "held": held}


def _rights(close: float, face: int, random: np.random.Generator) -> dict[str, Any] | None:
    premium = round(close / 100 * random.uniform(0.5, 0.85)) - face
    new, held = _RIGHTS[random.integers(len(_RIGHTS))]
    issue = 100 * (premium + face)
    terms = {"new": new, "held": held, "paise": 100 * premium, "issue_paise": issue}
    return terms if premium > 0 else None


def _dividend(close: float, _face: int, random: np.random.Generator) -> dict[str, Any]:
    paise = 5 * max(1, round(close * random.uniform(0.003, 0.025) / 5))
    return {"paise": paise, "interim": bool(random.random() < 0.6)}


_TERMS: dict[Kind, Callable[[float, int, np.random.Generator], dict[str, Any] | None]] = {
    "split": _split,
    "bonus": _bonus,
    "rights": _rights,
    "dividend": _dividend,
    "demerger": lambda _close, _face, random: {"spun_off": random.uniform(0.15, 0.4)},
    "buyback": lambda _close, _face, _random: {},
}


def _number(value: float) -> str:
    """Return a number of rupees without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _rupees(value: float) -> str:
    return f"{'Re' if value == 1 else 'Rs'} {_number(value)}"


def _capital_rupees(value: float) -> str:
    return _rupees(value).upper()
