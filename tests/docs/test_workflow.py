"""The workflows of GitHub run each test in one of their groups."""

import pytest
import yaml
from support.sources import PROJECT

WORKFLOWS = PROJECT / ".github" / "workflows"


@pytest.mark.parametrize("name", ["ci.yml", "nightly.yml"])
def test_every_folder_of_tests_is_in_one_group(name: str) -> None:
    workflow = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    groups = workflow["jobs"]["test"]["strategy"]["matrix"]["tests"]
    named = sorted(folder for group in groups for folder in group.split())
    there = {path.relative_to(PROJECT).parts[1] for path in PROJECT.glob("tests/*/**/test_*.py")}
    assert named == sorted(f"tests/{folder}" for folder in there)
