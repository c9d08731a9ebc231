"""The three files that a cluster needs of this project: equal code gives equal files.

They hold `indextracker_spark`, the catalogue and the formulas unchanged, and the packages that its
entry point needs to report back, in the versions installed here, which the lock pins. A cluster's
image has Python and PySpark; jobs of analytics want numpy, SciPy, statsmodels and scikit-learn
there too. A file's name contains its digest, so a waiting job still finds its code when newer code
was delivered.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import indextracker_catalogue
import indextracker_numerics
import indextracker_spark
from indextracker.system.places import Place, place

# dagster-pipes and boto3, and all that these need. All of it is plain Python: any of the versions
# that the lock allows can run it, on any processor.
ENVIRONMENT = (
    "boto3",
    "botocore",
    "dagster-pipes",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
)
_PARTS = (indextracker_catalogue, indextracker_numerics, indextracker_spark)
_COMPILED = (".so", ".pyd")
# The earliest that a zip can hold: the time of packaging must not show.
_BEGINNING = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Package:
    """What is submitted.

    Attributes:
        entry: Name of the entry point.
        code: Name of the zip of `indextracker_spark`, the catalogue and the formulas.
        environment: Name of the zip of what else the entry point imports.
        files: The bytes of each.
    """

    entry: str
    code: str
    environment: str
    files: Mapping[str, bytes]

    def deliver(self, to: Place) -> None:
        """Puts the files there; those that are there stay."""
        for name, body in self.files.items():
            if not to.exists(name):
                to.keep(name, body)


def package() -> Package:
    """The package of what is installed here.

    Raises:
        ValueError: Something of it is not plain Python.
    """
    code = {
        file.relative_to(root.parent).as_posix(): file.read_bytes()
        for root in (Path(part.__path__[0]) for part in _PARTS)
        for file in root.rglob("*.py")
    }
    entry = code["indextracker_spark/main.py"]
    bodies = (
        ("main", "py", entry),
        ("indextracker_spark", "zip", _zipped(code)),
        ("environment", "zip", _zipped(_environment())),
    )
    files = {f"{stem}-{_digest(body)}.{ending}": body for stem, ending, body in bodies}
    named, zipped, environment = files
    return Package(named, zipped, environment, files)


def _environment() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in ENVIRONMENT:
        for file in distribution(name).files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue
            if file.suffix in _COMPILED:
                raise ValueError(f"{name} is not plain Python: {file} runs on one processor alone")
            # What installers note differs from one to the other.
            if file.parent.suffix != ".dist-info" or file.name in {"METADATA", "LICENSE"}:
                found[file.as_posix()] = Path(str(file.locate())).read_bytes()
    return found


def _zipped(files: Mapping[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as opened:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _BEGINNING)
            about.external_attr = 0o644 << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(about, files[name])
    return body.getvalue()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


if __name__ == "__main__":
    package().deliver(place(sys.argv[1] if len(sys.argv) > 1 else "dist"))
