"""Secrets in what is tracked: `python tests/security/secret_scan.py [FILE ...]`, a hook of commits.

Without a file all that is tracked is looked through, and what the last commits added. A line that
shows what a secret looks like, and is none, has its value in `HARMLESS`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
COMMITS = 200
KINDS = {
    "key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "secret key of AWS": re.compile(
        r"(?i)aws_secret_access_key[\"']?\s*[:=]\s*[\"']?([A-Za-z0-9/+]{40})\b"
    ),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})"),
    "token of Slack": re.compile(
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"
    ),
    "token of a web service": re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
    "key of Google": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "token of a registry": re.compile(r"\b(?:pypi-AgEI|npm_)[A-Za-z0-9_-]{30,}"),
    "address with a password": re.compile(
        r"\b[a-z][a-z0-9+.]+://[^\s/:@\"'{}<>$]+:([^\s/@\"'{}<>$]{3,})@"
    ),
}
# Of tests and documents: none opens anything.
HARMLESS = re.compile(
    r"secret|password|passw|pw\b|hunter|example|EXAMPLE|nobody|of-no-account|tester|\.\.\.|s3cr|"
    r"let-me-in|swordfish|correct horse|c2lnbmF0dXJlLTEyMzQ1",
    re.IGNORECASE,
)
# Locks hold digests alone, and what is no text is not read.
_SKIPPED = (".lock", "package-lock.json", ".png", ".zip", ".gz", ".xlsx", ".parquet", ".bin")


def secrets(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The numbers of the lines that hold a secret, with its kind."""
    for number, line in enumerate(lines, 1):
        for kind, form in KINDS.items():
            for found in form.finditer(line):
                if not HARMLESS.search(found[found.lastindex or 0]):
                    yield number, kind


def tracked() -> list[Path]:
    """The files that are in the repository."""
    listed = _git("ls-files", "-z").split("\0")
    return [PROJECT / name for name in listed if name]


def in_files(files: Iterable[Path]) -> list[str]:
    """Where secrets are, never which."""
    found = []
    for path in files:
        if path.name.endswith(_SKIPPED) or not path.is_file():
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [f"{path}:{number}: {kind}" for number, kind in secrets(lines)]
    return found


def in_history(commits: int = COMMITS) -> list[str]:
    """What the last commits added, and perhaps took away again."""
    text = _git("log", f"-{commits}", "--format=commit %h", "-p", "--unified=0", "--no-color")
    found, commit = [], ""
    for line in text.splitlines():
        if line.startswith("commit "):
            commit = line
        elif line.startswith("+") and len(line) < 10_000:
            found += [f"{commit}: {kind}" for _, kind in secrets([line])]
    return found


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    named = [Path(name) for name in sys.argv[1:]]
    if there := in_files(named) if named else [*in_files(tracked()), *in_history()]:
        sys.exit("\n".join(["there are secrets in what is tracked:", *there]))
