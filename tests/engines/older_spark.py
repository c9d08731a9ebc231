"""Spark and Delta Lake of the versions in EMR's images, which are older than ours.

Each Spark is installed once into an environment of its own, some 470 MB, in the project's folder of
data. They are the versions as Apache and Maven have them: what EMR changed in its builds is not
shown by them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from support.emr_standin import Software
from support.sources import PROJECT

from indextracker.engines.emr import DELTA_OF_THE_IMAGE
from indextracker.engines.jars import DELTA, JarSet, jars

FOLDER = PROJECT / "data" / "engines"


@dataclass(frozen=True)
class Release:
    """A release of EMR, as far as we run on it.

    Attributes:
        spark: Version of its Spark.
        delta: Version of its Delta Lake.
        module: Maven's name for the Delta Lake of that Spark.
        fault: How the two fail on tables with a checkpoint, as Apache and Maven have them.
    """

    spark: str
    delta: str
    module: str
    fault: str = ""

    @property
    def signature(self) -> str:
        """What a commit to a Delta table says of its writer."""
        return f"Apache-Spark/{self.spark} Delta-Lake/{self.delta}"

    def installed(self) -> Software:
        """What an image of it would have, fetched if it is not there."""
        home = FOLDER / self.spark
        if not home.is_dir():
            self._install(home)
        (spark,) = home.glob("lib/python*/site-packages/pyspark")
        wanted = JarSet(
            f"delta-spark-{self.delta}",
            (f"io.delta:{self.module}:{self.delta}",),
            DELTA.without,
        )
        # More are fetched; what job runs ask the image for has to do.
        asked = tuple(Path(jar).stem for jar in DELTA_OF_THE_IMAGE)
        delta = tuple(jar for jar in jars(wanted) if jar.name.startswith(asked))
        return Software(spark, home / "bin" / "python", delta)

    def _install(self, home: Path) -> None:
        """Into a folder aside, which is renamed once it is whole."""
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{self.spark}-") as folder:
            aside = Path(folder) / "environment"
            _uv("venv", "--python", sys.executable, str(aside))
            _uv("pip", "install", "--python", str(aside), f"pyspark=={self.spark}")
            try:
                aside.rename(home)
            except OSError:
                # Of two processes at the same instant one has put it there.
                if not home.is_dir():
                    raise


# By the name that asks for them: emr-spark-8.0.0 and emr-spark-8.2.0.
RELEASES = {
    "4.0": Release("4.0.2", "4.0.0", "delta-spark_2.13"),
    "4.1": Release(
        "4.1.3",
        "4.2.0",
        "delta-spark_4.1_2.13",
        # Built for 4.1.0; a constructor that it calls changed in 4.1.2. Delta Lake 4.3.0 is mended.
        fault=r"NoSuchMethodError: .*ParquetToSparkSchemaConverter\.<init>",
    ),
}


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).parent / "uv"
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
