"""Files of one layout, and the layout as a file that a person reads, corrects and confirms.

Two files have one layout if the same description reads both: the same columns, signs and
formats. What one of them names, its ticker, is not part of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from indextracker.files.model import Column, Role
from indextracker.files.proposal import Proposal

_FILES_SHOWN = 20


@dataclass(frozen=True)
class Layout:
    """A description, by the properties that it has, and the proposals of its files."""

    name: str
    description: dict[str, object]
    proposals: tuple[Proposal, ...]


def grouped(proposals: Sequence[Proposal]) -> list[Layout]:
    """The layouts of what is not refused, by their names."""
    _decide_together(proposals)
    by_description: dict[str, tuple[dict[str, object], list[Proposal]]] = {}
    for proposal in proposals:
        if proposal.refusal is None:
            description = _described(proposal)
            key = yaml.safe_dump(description, sort_keys=True, allow_unicode=True)
            by_description.setdefault(key, (description, []))[1].append(proposal)
    layouts = [
        Layout(_named(found[0], key), description, tuple(found))
        for key, (description, found) in by_description.items()
    ]
    return sorted(layouts, key=lambda layout: layout.name)


def _decide_together(proposals: Sequence[Proposal]) -> None:
    """A file whose dates decide nothing is read as those are that are alike in all else."""
    known: dict[str, set[str | None]] = {}
    for proposal in proposals:
        if proposal.refusal is None and not proposal.undecided_dates:
            known.setdefault(_but_for_dates(proposal), set()).add(proposal.date_format)
    for proposal in proposals:
        if proposal.refusal is None and proposal.undecided_dates:
            formats = known.get(_but_for_dates(proposal), set()) & set(proposal.date_formats)
            if len(formats) == 1:
                proposal.decide_dates(str(formats.pop()))


def _but_for_dates(proposal: Proposal) -> str:
    description = _described(proposal) | {"date_format": None}
    return str(yaml.safe_dump(description, sort_keys=True, allow_unicode=True))


def _named(proposal: Proposal, key: str) -> str:
    """A name that stays as long as the description does."""
    columns = proposal.roles.columns if proposal.roles else []
    words = [
        column.role.value for column in columns if column.role not in (Role.OTHER, Role.INSTRUMENT)
    ]
    said = re.sub(r"\W+", "-", "-".join(words[:4])) or "matrix"
    return f"{said}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _described(proposal: Proposal) -> dict[str, object]:
    table, roles = proposal.table, proposal.roles
    assert table is not None
    assert roles is not None
    return {
        "kind": proposal.kind,
        "container": proposal.content.container if proposal.content else None,
        "encoding": _reads_as(proposal.encoding),
        "delimiter": table.delimiter,
        "decimal": None if proposal.typed else proposal.signs.decimal,
        "thousands": None if proposal.typed else proposal.signs.thousands,
        "lines_before_header": len(table.before),
        "header_lines": len(table.header),
        "date_format": proposal.date_format,
        "time_format": roles.time_format,
        "ticker": {"where": proposal.ticker.where, "column": proposal.ticker.column},
        "columns": [_column(column) for column in roles.columns],
    }


def _column(column: Column) -> dict[str, object]:
    said: dict[str, object] = {"header": column.header, "role": column.role.value}
    if column.role is Role.INSTRUMENT and column.meaning:
        said["instrument"] = column.meaning
    return said


def _reads_as(encoding: str | None) -> str | None:
    """Text below 128 is read by the description of UTF-8 too."""
    return "utf-8" if encoding == "ascii" else encoding


def as_yaml(layout: Layout) -> str:
    """The layout's file: the description, its evidence, its questions, and which files it is of."""
    proposals = layout.proposals
    first = proposals[0]
    questions: dict[str, dict[str, object]] = {}
    for proposal in proposals:
        for question in proposal.findings.questions:
            text = question.text
            if question.about == "ticker" and proposal.ticker.where == "file_name":
                # One question for all files, whose tickers stand below.
                text = "ticker from the file name: are those of the files right?"
            asked = questions.setdefault(
                text, {"about": question.about, "question": text, "answer": None}
            )
            if question.answers and text == question.text:
                asked["possible"] = list(question.answers)
    confidence = {
        what: min(proposal.findings.confidence.get(what, 1.0) for proposal in proposals)
        for what in first.findings.confidence
    }
    document = {
        "layout": layout.name,
        "confirmed": False,
        **layout.description,
        "frequency": sorted({proposal.frequency for proposal in proposals}),
        "order": sorted({proposal.order for proposal in proposals}),
        "missing": sorted({mark for proposal in proposals for mark in proposal.missing}),
        "price_scale": first.findings.values.get("price_scale", 1),
        "zone": first.findings.values.get("zone"),
        "questions": list(questions.values()),
        "found": {
            what: {"confidence": confidence[what], "evidence": first.findings.evidence[what]}
            for what in confidence
        },
        "files": {
            "count": len(proposals),
            "first": [_file(proposal) for proposal in proposals[:_FILES_SHOWN]],
        },
    }
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100))


def _file(proposal: Proposal) -> dict[str, object]:
    return {"file": proposal.name, "ticker": proposal.ticker.value}
