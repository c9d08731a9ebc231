"""Jars are fetched once and reused; what is missing is said in a sentence."""

import stat
from pathlib import Path

import pytest

from indextracker.engines import EngineError, jars

SET = jars.JarSet("some-1.0", ("org.example:some:1.0",), ())


def fake_java(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A Java that does what a script says, and notes that it was called."""
    place = folder / "jdk" / "bin" / "java"
    place.parent.mkdir(parents=True)
    calls = folder / "calls"
    place.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n{script}\n')
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("JAVA_HOME", str(folder / "jdk"))
    return calls


FETCHES = """
case "$1" in
-version) echo 'openjdk version "21.0.2" 2024-01-16' >&2 ;;
*) for last; do :; done
   mkdir -p "$(dirname "$last")"; echo bytes > "$(dirname "$last")/some-1.0.jar" ;;
esac"""


def test_jars_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_java(tmp_path, monkeypatch, FETCHES)
    folder = tmp_path / "jars"
    for _ in range(2):
        assert jars.jars(SET, folder) == [folder / "some-1.0" / "some-1.0.jar"]
    version, fetching = calls.read_text().splitlines()
    assert version == "-version"
    assert "-retrieve" in fetching
    # Nothing is left of the fetching.
    assert [place.name for place in folder.iterdir()] == ["some-1.0"]


def test_what_cannot_be_fetched_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = FETCHES.replace("*) for", "*) echo 'unresolved: server unreachable'; exit 1; for")
    fake_java(tmp_path, monkeypatch, script)
    with pytest.raises(
        EngineError,
        match=r"needs the jars of org\.example:some:1\.0 in .*unresolved: server unreachable\): "
        r"run `python -m indextracker\.engines\.jars` where Maven Central can be reached",
    ):
        jars.jars(SET, tmp_path / "jars")
    assert list((tmp_path / "jars").iterdir()) == []


def test_without_java_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"needs Java 17 or later and there is no Java: install"):
        jars.jars(SET, tmp_path / "jars")


def test_an_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path, monkeypatch, "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    with pytest.raises(EngineError, match="and Java 11 is installed: install a JRE 17"):
        jars.verify_java()


def test_a_java_that_is_new_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(tmp_path, monkeypatch, FETCHES)
    assert jars.verify_java() == 21
