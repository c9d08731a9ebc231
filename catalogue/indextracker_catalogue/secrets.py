"""Secrets that publishers ask for, which people set under the names that are declared here.

A subject declares its own in a module of its folder; settings read them by these names, and a
publisher's access refers to one. The values of secrets are in no declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """A secret with which a publisher lets somebody in, such as a token or a key.

    Attributes:
        name: Name of the setting that holds it, such as `finmind_token`.
        site: The publisher, for people.
        opens: What is blocked without it, for people.
        advice: How to get one, in a sentence.
    """

    name: str
    site: str
    opens: str
    advice: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(
                f"the secret {self.name!r} cannot be the name of a setting: use small letters, "
                "digits and underscores"
            )
