"""The workflow of GitHub runs each test in one of its groups."""

import yaml
from support.sources import PROJECT

WORKFLOW = PROJECT / ".github" / "workflows" / "ci.yml"


def test_every_folder_of_tests_is_in_one_group() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    groups = workflow["jobs"]["test"]["strategy"]["matrix"]["tests"]
    named = sorted(folder for group in groups for folder in group.split())
    there = {path.relative_to(PROJECT).parts[1] for path in PROJECT.glob("tests/*/**/test_*.py")}
    assert named == sorted(f"tests/{folder}" for folder in there)
