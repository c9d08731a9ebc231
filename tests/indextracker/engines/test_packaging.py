"""The package of a cluster: equal for equal code, whole, and enough."""

import io
import re
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

import indextracker_catalogue
import indextracker_numerics
import indextracker_spark
from indextracker.engines import packaging
from indextracker.engines.packaging import ENVIRONMENT, Package, package
from indextracker.system.places import place


@pytest.fixture(scope="module")
def packaged() -> Package:
    return package()


def needed(name: str) -> set[str]:
    """A distribution and all that it needs, by its own words."""
    found = {name}
    for required in distribution(name).requires or ():
        if "extra ==" not in required:
            found |= needed(re.split(r"[^\w.-]", required)[0].lower())
    return found


def names(body: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        return set(opened.namelist())


def test_the_environment_is_what_the_entry_point_needs() -> None:
    assert set(ENVIRONMENT) == needed("dagster-pipes") | needed("boto3")


def test_the_code_ships_as_it_stands(packaged: Package) -> None:
    parts = indextracker_catalogue, indextracker_numerics, indextracker_spark
    roots = [Path(part.__path__[0]) for part in parts]
    assert names(packaged.files[packaged.code]) == {
        file.relative_to(root.parent).as_posix() for root in roots for file in root.rglob("*.py")
    }
    assert packaged.files[packaged.entry] == (roots[-1] / "main.py").read_bytes()


def test_the_environment_is_plain_python_and_its_data(packaged: Package) -> None:
    found = names(packaged.files[packaged.environment])
    assert {"boto3/__init__.py", "dagster_pipes/__init__.py", "six.py"} <= found
    assert any(re.match(r"botocore/data/s3/.*/service-2\.json", name) for name in found)
    assert not [name for name in found if name.endswith((".so", ".pyd", ".pyc"))]


def test_equal_code_gives_equal_files(packaged: Package) -> None:
    assert package() == packaged


def test_other_code_has_another_name(
    packaged: Package, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed = tmp_path / "indextracker_spark"
    changed.mkdir()
    for name in ("__init__.py", "main.py"):
        (changed / name).write_text("x = 1\n")
    monkeypatch.setattr(packaging.indextracker_spark, "__path__", [str(changed)])
    other = package()
    assert other.code != packaged.code
    assert other.entry != packaged.entry
    assert other.environment == packaged.environment


def test_delivering_twice_changes_nothing(packaged: Package, tmp_path: Path) -> None:
    for _ in range(2):
        packaged.deliver(place(str(tmp_path)))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == packaged.files
