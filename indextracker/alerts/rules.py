"""The rules of alerts: a small file of TOML, read and refused in sentences.

What a rule decides is in `deciding`, how receivers are told in `sending`. Secrets are settings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

WEBHOOK = "webhook"
_MAIL = re.compile(r"[^@\s,]+@[^@\s,]+")
_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+")
# All that a rule looks back on is read again at a restart.
_DAY_MINUTES = 24 * 60
# Receivers are kept in one cell of a row.
_MOST_RECEIVERS = 20


class RulesError(ValueError):
    """A file of rules cannot be used.

    Attributes:
        sentences: What is wrong, each with its rule and field.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Rule(_Strict):
    name: str = Field(
        min_length=1, max_length=100, description="a name of 1 to 100 characters, in quotes"
    )
    symbols: tuple[str, ...] = Field(
        min_length=1, description='a list of symbols or patterns, such as ["AAPL", "TX *"]'
    )
    cooldown_minutes: int = Field(
        default=15,
        ge=1,
        le=_DAY_MINUTES,
        description=f"whole minutes, 1 to {_DAY_MINUTES}, in which it does not alert again",
    )
    to: tuple[str, ...] | None = Field(
        default=None,
        max_length=_MOST_RECEIVERS,
        description='a list of receivers: mail addresses, "webhook", or ARNs of topics of SNS',
    )

    @field_validator("symbols", "to", mode="before")
    @classmethod
    def _of_texts(cls, given: Any) -> Any:
        return tuple(given) if isinstance(given, list) else given

    @field_validator("symbols")
    @classmethod
    def _not_empty(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        if not all(symbols):
            raise ValueError("a symbol is empty")
        return symbols

    @field_validator("to")
    @classmethod
    def _known_receivers(cls, to: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return _receivers(to) if to else to

    def matches(self, symbol: str) -> bool:
        """Whether it is a rule for a symbol."""
        return any(fnmatchcase(symbol, pattern) for pattern in self.symbols)


class Moves(_Rule):
    """A price moved by so many per cent.

    Attributes:
        against: What it is compared with: the close of the day before and the day's first price, as
            the vendor tells them, or the lowest and highest price of the last minutes. Where no
            first price is told it is the first one that came in that day of UTC, or after an hour
            without any.
    """

    kind: Literal["moves"] = "moves"
    percent: float = Field(
        gt=0, le=1000, strict=False, description="per cent, above 0, such as 1 or 0.5"
    )
    direction: Literal["up", "down", "both"] = Field(
        default="both", description='"up", "down" or "both"'
    )
    against: Literal["previous_close", "open", "rolling"] = Field(
        description='"previous_close", "open" or "rolling"'
    )
    rolling_minutes: int | None = Field(
        default=None,
        ge=1,
        le=_DAY_MINUTES,
        description=f"whole minutes, 1 to {_DAY_MINUTES}, to look back, where it is rolling",
    )

    @model_validator(mode="after")
    def _rolls_or_not(self) -> Self:
        if (self.against == "rolling") != (self.rolling_minutes is not None):
            raise ValueError('give rolling_minutes where against = "rolling", and nowhere else')
        return self


class Volume(_Rule):
    """More units in a minute than in the minutes before.

    Attributes:
        times: So many times their mean.
        mean_minutes: So many minutes before, also those in which nothing was traded.
    """

    kind: Literal["volume"] = "volume"
    times: float = Field(
        gt=1, le=1_000_000, strict=False, description="how many times the mean, above 1, such as 5"
    )
    mean_minutes: int = Field(
        default=30,
        ge=1,
        le=_DAY_MINUTES,
        description=f"whole minutes, 1 to {_DAY_MINUTES}, whose mean is taken",
    )


class Stale(_Rule):
    """No event of a symbol, or of none that matches a pattern."""

    kind: Literal["stale"] = "stale"
    silent_seconds: int = Field(
        ge=1,
        le=_DAY_MINUTES * 60,
        description=f"whole seconds, 1 to {_DAY_MINUTES * 60}, without an event",
    )


Rule = Moves | Volume | Stale


class Mail(_Strict):
    """The server that mails go to; it has to know STARTTLS.

    Attributes:
        server: Its name and port.
        sender: Whom mails are from.
        user: As whom to log in; nobody by default. The password is a setting.
    """

    server: str = Field(
        pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$",
        description='a server and its port, such as "smtp.example.org:587"',
    )
    sender: str = Field(
        pattern=rf"^{_MAIL.pattern}$", description='an address, such as "alerts@example.org"'
    )
    user: str = Field(default="", description="a name in quotes")


class Rules(_Strict):
    """The contents of a file.

    Attributes:
        rules: The rules; their names differ.
        to: Who is told, where a rule does not say so.
        mail: How mails are sent; None where there are none.
    """

    NOBODY: ClassVar[tuple[str, ...]] = ()

    rules: tuple[Annotated[Rule, Field(discriminator="kind")], ...] = Field(
        default=(),
        description='rules, each below [[rules]], whose kind is "moves", "volume" or "stale"',
    )
    to: tuple[str, ...] = Field(
        default=NOBODY,
        max_length=_MOST_RECEIVERS,
        description='a list of receivers: mail addresses, "webhook", or ARNs of topics of SNS',
    )
    mail: Mail | None = Field(default=None, description="a table [mail] with server and sender")

    @field_validator("rules", "to", mode="before")
    @classmethod
    def _lists(cls, given: Any) -> Any:
        return tuple(given) if isinstance(given, list) else given

    @field_validator("to")
    @classmethod
    def _known_receivers(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        return _receivers(to)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [rule.name for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are called {', '.join(map(repr, twice))}: rename one")
        mailed = [one for one in self.receivers if is_mail(one)]
        if mailed and self.mail is None:
            raise ValueError(
                f"{mailed[0]} is mailed to, and no [mail] says through which server: add it, with "
                'server = "smtp.example.org:587" and sender = "alerts@example.org"'
            )
        return self

    def of(self, rule: Rule) -> tuple[str, ...]:
        """Who is told of a rule's alerts."""
        return self.to if rule.to is None else rule.to

    @property
    def receivers(self) -> tuple[str, ...]:
        """All who may be told."""
        return tuple(dict.fromkeys(one for rule in self.rules for one in self.of(rule)))


def read(file: Path) -> Rules:
    """The rules of a file.

    Raises:
        RulesError: It cannot be read or used; a sentence for each thing that is wrong.
    """
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RulesError(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulesError(f"{file} is no TOML: {error}") from None
    try:
        return Rules.model_validate(found)
    except ValidationError as error:
        raise RulesError(*(f"{file}: {said}" for said in _sentences(error, found))) from None


def is_mail(receiver: str) -> bool:
    """Whether a receiver is an address that is mailed to."""
    return bool(_MAIL.fullmatch(receiver))


def is_topic(receiver: str) -> bool:
    """Whether a receiver is a topic of SNS."""
    return bool(_TOPIC.fullmatch(receiver))


def _receivers(to: tuple[str, ...]) -> tuple[str, ...]:
    for one in to:
        if not (one == WEBHOOK or is_topic(one) or is_mail(one)):
            raise ValueError(f"{one!r} is nobody who can be told")
    if len(set(to)) < len(to):
        raise ValueError("somebody is in it twice")
    return to


_KINDS: dict[str, type[_Rule]] = {"moves": Moves, "volume": Volume, "stale": Stale}


def _sentences(error: ValidationError, found: dict[str, Any]) -> Iterator[str]:
    """What is wrong, for people: which rule, which field, what to write."""
    for one in error.errors(include_url=False, include_input=False):
        place = list(one["loc"])
        where: str = ""
        model: type[BaseModel] = Rules
        if place[:1] == ["rules"] and len(place) > 1 and isinstance(place[1], int):
            where, model = _rule(place[1], found), _Rule
            place = place[2:]
            if place and place[0] in _KINDS:
                model = _KINDS[str(place.pop(0))]
        elif place[:1] == ["mail"] and len(place) > 1:
            where, model, place = "[mail], ", Mail, place[1:]
        yield where + _sentence(model, [str(part) for part in place], one)


def _rule(number: int, found: dict[str, Any]) -> str:
    """Which rule, by its number and, where it has one, its name."""
    given = found["rules"][number]
    name = given.get("name") if isinstance(given, dict) else None
    return f"rule {number + 1}{f' ({name})' if isinstance(name, str) else ''}, "


def _sentence(model: type[BaseModel], place: Sequence[str], one: Any) -> str:
    field = place[0] if place else ""
    said: str = one["msg"].removeprefix("Value error, ")
    if one["type"].startswith("union_tag"):
        return 'kind: write "moves", "volume" or "stale"'
    if not field:
        return said
    known = model.model_fields.get(field)
    if one["type"] == "extra_forbidden" or known is None:
        return f"{field}: there is no such field; there are {', '.join(sorted(model.model_fields))}"
    wrong = "it is missing" if one["type"] == "missing" else said[:1].lower() + said[1:]
    return f"{field}: {wrong}; write {known.description}"
