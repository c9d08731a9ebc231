"""The jars that JVM Spark needs besides its own: Delta Lake, and S3 for a lake on S3.

They are fetched once, by their Maven coordinates, into the project's data folder; every later
session starts offline from the files. PySpark brings Spark's own jars, and Ivy, which fetches
these.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from indextracker.engines.protocol import EngineError
from indextracker.system.installation import home

OLDEST_JAVA = 17


@dataclass(frozen=True)
class JarSet:
    """Jars that are fetched together.

    Attributes:
        name: Folder of the set; it contains the versions, so another version has another folder.
        wanted: Coordinates `organisation:module:version`.
        without: `organisation:module` of what these ask for and Spark has, as regular expressions.
    """

    name: str
    wanted: tuple[str, ...]
    without: tuple[str, ...]


# As declared, it brings 33 jars and 87 MB; PySpark has all of it but 5 jars and 12 MB.
DELTA = JarSet(
    "delta-spark-4.4.0",
    ("io.delta:delta-spark_4.2_2.13:4.4.0",),
    (
        "org.apache.hadoop:.*",
        "org.apache.parquet:.*",
        "com.fasterxml.jackson.*:.*",
        "org.roaringbitmap:.*",
        "io.unitycatalog:.*",
        "org.scala-lang:.*",
        "org.slf4j:.*",
        "com.google.code.findbugs:.*",
    ),
)
# The bundle of the whole SDK that hadoop-aws asks for has 686 MB.
S3A = JarSet(
    "hadoop-aws-3.5.0",
    (
        "org.apache.hadoop:hadoop-aws:3.5.0",
        "software.amazon.awssdk:s3:2.35.4",
        "software.amazon.awssdk:s3-transfer-manager:2.35.4",
        "software.amazon.awssdk:sts:2.35.4",
    ),
    (
        "software.amazon.awssdk:bundle",
        "org.apache.hadoop:hadoop-client-.*",
        "org.apache.httpcomponents:.*",
        "commons-codec:.*",
        "commons-logging:.*",
        "io.netty:.*",
        "org.slf4j:.*",
    ),
)
# Without an address: Ivy knows the central repository by itself. Its own settings and cache, since
# a half-filled cache of another tool makes it fail.
_SETTINGS = """<ivysettings>
  <settings defaultResolver="central"/>
  <resolvers><ibiblio name="central" m2compatible="true"/></resolvers>
</ivysettings>
"""


def jars(wanted: JarSet, folder: Path | None = None) -> list[Path]:
    """The files of a set, fetched if they are not there, into the folder of data by default.

    Raises:
        EngineError: They are not there and cannot be fetched, or Java is missing.
    """
    place = (folder or home() / "data" / "jars") / wanted.name
    if not place.is_dir():
        _fetch(wanted, place)
    return sorted(place.glob("*.jar"))


def verify_java() -> int:
    """The version of the Java that Spark would run on.

    Raises:
        EngineError: It is missing or too old.
    """
    said = _java("-version").stderr
    found = re.search(r'version "(\d+)', said)
    if not found or int(found[1]) < OLDEST_JAVA:
        what = f"Java {found[1]} is installed" if found else "there is no Java"
        raise EngineError(
            f"JVM Spark needs Java {OLDEST_JAVA} or later and {what}: install a JRE {OLDEST_JAVA} "
            "and have JAVA_HOME or PATH lead to it, or set INDEXTRACKER_ENGINE=sail, which needs "
            "none"
        )
    return int(found[1])


def _fetch(wanted: JarSet, place: Path) -> None:
    """Into a folder aside, which is renamed once it is whole."""
    import pyspark  # noqa: PLC0415 - only where it is needed

    verify_java()
    place.parent.mkdir(parents=True, exist_ok=True)
    (ivy,) = (Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar")
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{wanted.name}-") as aside:
        work = Path(aside)
        (work / "settings.xml").write_text(_SETTINGS)
        (work / "ivy.xml").write_text(_module(wanted))
        fetched = work / "jars"
        done = _java(
            *("-jar", str(ivy), "-settings", str(work / "settings.xml")),
            *("-ivy", str(work / "ivy.xml"), "-cache", str(work / "cache"), "-types", "jar"),
            *("-retrieve", f"{fetched}/[artifact]-[revision].[ext]"),
        )
        if done.returncode or not fetched.is_dir():
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise EngineError(
                f"JVM Spark needs the jars of {', '.join(wanted.wanted)} in {place}, and they "
                f"could not be fetched ({''.join(last).strip()}): run "
                "`python -m indextracker.engines.jars` where Maven Central can be reached, and "
                "copy the folder here"
            )
        try:
            fetched.rename(place)
        except OSError:
            # Of two processes at the same instant one has put it there.
            if not place.is_dir():
                raise


def _module(wanted: JarSet) -> str:
    """What Ivy is to fetch, in its own words."""
    lines = ['<info organisation="indextracker" module="jars"/>', "<dependencies>"]
    for coordinates in wanted.wanted:
        organisation, module, version = coordinates.split(":")
        lines.append(
            f'<dependency org="{organisation}" name="{module}" rev="{version}" conf="default"/>'
        )
    for coordinates in wanted.without:
        organisation, module = coordinates.split(":")
        lines.append(f'<exclude org="{organisation}" module="{module}" matcher="exactOrRegexp"/>')
    return "\n".join(['<ivy-module version="2.0">', *lines, "</dependencies>", "</ivy-module>"])


def _java(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Java as Spark finds it: below JAVA_HOME, else on PATH."""
    found = 'exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" "$@"'
    return subprocess.run(
        ["/bin/sh", "-c", found, "java", *arguments], capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    for one in (DELTA, S3A):
        jars(one)
