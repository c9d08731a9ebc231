"""What the deployment costs, of its own templates and a table of prices; the document says so."""

from __future__ import annotations

import copy
import importlib.util
from types import ModuleType
from typing import Any

import pytest
from deployment.synthesis import AWS, Assembly
from support.sources import PROJECT

MOST = 300.0


@pytest.fixture(scope="module")
def costs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("costs", AWS / "costs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def templates(assembly: Assembly) -> list[dict[str, Any]]:
    return copy.deepcopy([*assembly.templates.values()])


def test_a_gigabyte_a_day_is_within_the_budget(
    costs: ModuleType, templates: list[dict[str, Any]]
) -> None:
    found = costs.costs(templates)
    assert 100 < sum(found.values()) < MOST, found
    assert all(usd >= 0 for usd in found.values())


def test_the_document_has_the_same_table(
    costs: ModuleType, templates: list[dict[str, Any]]
) -> None:
    text = (PROJECT / "docs" / "running-on-aws.md").read_text(encoding="utf-8")
    assert costs.table(templates) in text


def test_what_has_no_price_is_refused(costs: ModuleType, templates: list[dict[str, Any]]) -> None:
    templates[0]["Resources"]["New"] = {"Type": "AWS::MSK::Cluster", "Properties": {}}
    with pytest.raises(costs.UnpricedError, match="New: AWS::MSK::Cluster has no price"):
        costs.costs(templates)
    templates[0]["Resources"]["New"] = {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {"VpcEndpointType": "Interface"},
    }
    with pytest.raises(costs.UnpricedError, match="interface endpoint"):
        costs.costs(templates)


def test_more_of_the_same_costs_more(costs: ModuleType, templates: list[dict[str, Any]]) -> None:
    before = sum(costs.costs(templates).values())
    [service, *_] = [
        made
        for template in templates
        for made in template["Resources"].values()
        if made["Type"] == "AWS::ECS::Service"
    ]
    service["Properties"]["DesiredCount"] += 1
    assert sum(costs.costs(templates).values()) > before + 5


def test_each_price_has_its_page_and_is_used(
    costs: ModuleType, templates: list[dict[str, Any]]
) -> None:
    used = {name for taken in costs.amounts(templates).values() for name in taken}
    assert used == set(costs.TABLE["prices"])
    for price in costs.TABLE["prices"].values():
        assert price["page"].startswith("https://aws.amazon.com/")
