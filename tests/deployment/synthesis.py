"""The templates that deployment/aws makes, and what CloudFormation would make of their values."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Not of `support`: test_templates.py is run as a program too.
PROJECT = Path(__file__).parents[2]
AWS = PROJECT / "deployment" / "aws"
LIBRARY = PROJECT / ".venv" / "cdk"
ACCOUNT, REGION = "123456789012", "us-east-1"
CHOSEN = {
    "account": ACCOUNT,
    "region": REGION,
    "mail": "somebody@example.org",
    "quotes": "AAPL,BTC-USD",
    "repository": "owner/indextracker",
    "user_agent": "somebody/1.0 (mail@example.org)",
}
PREFIX = "indextracker-"


@dataclass(frozen=True)
class Assembly:
    """What one synthesis made.

    Attributes:
        folder: Where it is.
        templates: The template of each stack, by its concern.
    """

    folder: Path
    templates: dict[str, dict[str, Any]]

    def resources(self, kind: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Resources of all stacks, those of a type; with the concern and name of each."""
        for concern, template in self.templates.items():
            for name, resource in template["Resources"].items():
                if not kind or resource["Type"] == kind:
                    yield f"{concern}/{name}", resource

    def value(self, concern: str, given: Any) -> Any:
        """A value with what is known only when it is deployed named instead of known.

        Args:
            concern: The stack that it is of.
            given: The value.
        """
        known: Any
        match given:
            case {"Ref": name} | {"Fn::GetAtt": [name, *_]} if len(given) == 1:
                known = ACCOUNT if name == "AWS::AccountId" else f"{concern}.{name}"
            case {"Fn::ImportValue": str(name)}:
                known = name.rpartition(":")[2]
            case {"Fn::Join": [by, parts]}:
                known = str(by).join(str(self.value(concern, part)) for part in parts)
            case {"Fn::Sub": str(text)}:
                known = text.replace("${AWS::URLSuffix}", "amazonaws.com")
            case dict():
                known = {key: self.value(concern, value) for key, value in given.items()}
            case list():
                known = [self.value(concern, value) for value in given]
            case _:
                known = given
        return known


def synthesised(folder: Path, **chosen: str) -> Assembly:
    """What CDK makes of choices.

    Raises:
        subprocess.CalledProcessError: It refuses to; cdk-nag found something that is not waived.
    """
    switches = json.loads((AWS / "cdk.json").read_text())["context"]
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps(switches | CHOSEN | chosen),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join((str(LIBRARY), str(AWS))),
    }
    subprocess.run(
        [sys.executable, "-m", "cdk_app"],
        cwd=AWS,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    paths = sorted(folder.glob("*.template.json"))
    return Assembly(folder, {_concern(path): json.loads(path.read_text()) for path in paths})


def reviewed(template: dict[str, Any]) -> str:
    """A template as it is kept for review: without what changes with each source of the image."""
    shown = {key: template[key] for key in ("Resources", "Outputs") if key in template}
    text = json.dumps(shown, indent=1, sort_keys=True) + "\n"
    return re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)


def _concern(path: Path) -> str:
    return path.name.removeprefix(PREFIX).removesuffix(".template.json")
