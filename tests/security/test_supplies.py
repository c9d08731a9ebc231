"""What is shipped beside our own code: no secret, and no licence that nobody has allowed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from security import licences, secret_scan

LIKE = {
    "key of AWS": "AK" + "IA" + "Q7ZK3MWP5RXJ2LTD",
    "secret key of AWS": "aws_secret_access_key = " + "wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzz012345",
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "token of GitHub": "gh" + "p_" + "a1B2" * 9,
    "token of Slack": "xo" + "xb-123456789012-abcdefghij",
    "key of Google": "AI" + "za" + "x" * 35,
    "address with a password": "postgresql://ada:" + "Tr0ub4dor@db.internal/x",
}


@pytest.mark.parametrize("kind", LIKE)
def test_a_planted_secret_is_found_and_not_repeated(tmp_path: Path, kind: str) -> None:
    planted = tmp_path / "notes.md"
    planted.write_text(f"first line\nit is {LIKE[kind]} there\n", encoding="utf-8")
    assert secret_scan.in_files([planted]) == [f"{planted}:2: {kind}"]


def test_nothing_that_is_tracked_holds_a_secret() -> None:
    try:
        files = secret_scan.tracked()
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("this is no clone of the repository")
    assert len(files) > 1000
    assert secret_scan.in_files(files) == []
    assert secret_scan.in_history() == []


def test_every_licence_is_allowed() -> None:
    packages = licences.pinned()
    assert len(packages) > 250
    said = {name: text for name in packages if (text := licences.declared(name)) is not None}
    assert len(said) > 250
    assert {name: text for name, text in said.items() if licences.strange(name, text)} == {}
    assert set(licences.EXCEPTIONS) <= {*said}


@pytest.mark.parametrize(
    "text", ["", "UNKNOWN", "GPL-3.0-or-later", "AGPL-3.0", "MIT AND GPL-3.0-only", "Proprietary"]
)
def test_a_licence_that_nobody_allowed_is_refused(text: str) -> None:
    assert licences.strange("some", text)


def test_the_page_of_licences_lists_the_lock() -> None:
    page = licences.PAGE.read_text(encoding="utf-8")
    listed = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| ")][2:]
    assert {name.removeprefix("| "): version for name, version in listed} == licences.pinned()
