"""The data dictionary: every table, column and rule in docs/data_dictionary.md.

`python -m indextracker_cli.dictionary` writes it, `--check` fails when it is stale. It is derived
from the catalogue, from the descriptions beside dbt's models and from their SQL; nothing is
described here.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from indextracker.lake.checks import Rule, rules
from indextracker.system.installation import home, shipped
from indextracker.warehouse import dbt_runs
from indextracker.warehouse.column_lineage import Origins, raw_columns
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue.model import ARROW, SPARK, WAREHOUSE

PLACE = "docs/data_dictionary.md"
MODELS = "dbt_project/models"

LAYERS = {
    "bronze": "What publishers sent, as text, one row per line, with lineage to the bytes.",
    "silver": "Typed facts, each with one meaning, and the reference data that jobs read.",
    "gold": "Bars, and the same figures per part of a session.",
}
HEAD = """\
# Data dictionary

Written by `make docs` from the declarations in `catalogue/indextracker_catalogue/` and
`dbt_project/models/`: change those, never this file.

A table of the lake is `<lake>/<layer>/<table>`. Where its copy in the warehouse is named, the
columns are the same there. Instants are UTC: with a zone in the lake, without one in the
warehouse. `error` rules stop what depends on the table; `warn` rules are counted and shown.
"""

_DOC_BLOCK = re.compile(r"{%\s*docs (\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)
_DOC_REFERENCE = re.compile(r"{{\s*doc\('(\w+)'\)\s*}}")
_MODEL_REFERENCE = re.compile(r"ref\('(\w+)'\)")


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart, as its yml file describes it, and the lake's columns behind it."""

    name: str
    type: str
    meaning: str
    refers_to: str = ""
    comes_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mart:
    """One model of schema `marts`, as its yml file describes it."""

    name: str
    meaning: str
    columns: tuple[MartColumn, ...]


def render(tables: Iterable[Table], marts: Iterable[Mart]) -> str:
    """The dictionary as Markdown.

    Args:
        tables: Tables of the lake, in the order in which each layer lists them.
        marts: Models of schema `marts`.
    """
    tables, marts = list(tables), list(marts)
    parts = [HEAD, _contents(tables, marts)]
    for layer, meaning in LAYERS.items():
        parts.append(f"## {layer}\n\n{meaning}\n")
        parts += [_table(table) for table in tables if table.layer == layer]
    parts.append("## marts\n\nTables of the warehouse, built by dbt from schema `raw`.\n")
    parts += [_mart(mart) for mart in marts]
    parts.append(_types())
    return "\n".join(parts)


def read_marts(models: Path, origins: Mapping[str, Origins]) -> list[Mart]:
    """The marts that the yml files of a dbt project's models describe.

    Args:
        models: The project's folder `models`.
        origins: Where the columns of its models come from, by `schema.name`.

    Raises:
        KeyError: A description refers to a doc block that is nowhere.
    """
    blocks = {
        name: _line(text)
        for path in sorted(models.rglob("*.md"))
        for name, text in _DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    return [
        _read_mart(model, blocks, origins)
        for path in sorted(models.glob("*/marts/*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    ]


def current() -> str:
    """The dictionary of the project as it stands."""
    dbt_runs.prepare()
    return render(TABLES.values(), read_marts(shipped(MODELS), dbt_runs.origins_of_columns()))


def main(arguments: list[str] | None = None) -> None:
    """Writes the dictionary, or says whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m indextracker_cli.dictionary")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    place, text = home() / PLACE, current()
    if not parser.parse_args(arguments).check:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    elif not place.exists() or place.read_text(encoding="utf-8") != text:
        sys.exit(f"{PLACE} is stale: renew it with `make docs`")


def _contents(tables: list[Table], marts: list[Mart]) -> str:
    names = [(table.path, _first_sentence(table.meaning)) for table in tables]
    names += [(f"marts.{mart.name}", _first_sentence(mart.meaning)) for mart in marts]
    rows = [(f"[{name}](#{re.sub('[./]', '', name)})", meaning) for name, meaning in names]
    return _grid(("table", "what a row is"), rows)


def _table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    if table.key_nullable:
        also = ", ".join(f"`{name}`" for name in table.key_nullable)
        key += f", and {also}, which may be null"
    facts = [f"Key: {key}.", f"Stored {_stored(table)}; {_replaced(table)}."]
    if table.in_warehouse:
        facts.append(f"Copied to the warehouse as `raw.{table.name}`.")
    columns = [(f"`{c.name}`", c.type, c.unit, c.meaning) for c in table.columns]
    held = [(f"`{rule.name}`", rule.severity, _what_holds(rule)) for rule in rules(table)]
    return "\n".join(
        [
            f"### {table.path}\n\n{table.meaning}\n",
            *(f"- {fact}" for fact in facts),
            "",
            _grid(("column", "type", "unit", "meaning"), columns),
            _grid(("rule", "severity", "what holds"), held),
        ]
    )


def _stored(table: Table) -> str:
    if table.is_whole:
        return "in one piece, without partitions"
    if derived := table.derived_partition:
        key = f"`{table.key_column}`"
        return f"partitioned by `{derived.name}`, that of {key}, a column of the files alone"
    return f"partitioned by `{table.key_column}`"


def _replaced(table: Table) -> str:
    if table.writes == "append":
        return "a log: one write appends and replaces nothing"
    if table.is_whole:
        return "one write replaces all of it"
    of_one = "".join(f" of one `{name}`" for name in table.slice_by)
    return f"one write replaces the rows{of_one} of the {table.timeline.unit} that it lists"


def _what_holds(rule: Rule) -> str:
    others = ", ".join(f"`{table.path}`" for table in rule.reads[1:])
    return f"{rule.meaning} Reads {others} too." if others else rule.meaning


def _mart(mart: Mart) -> str:
    columns = [
        (
            f"`{c.name}`",
            c.type,
            f"`{c.refers_to}`" if c.refers_to else "",
            c.meaning,
            ", ".join(f"`{name}`" for name in c.comes_from),
        )
        for c in mart.columns
    ]
    return "\n".join(
        [
            f"### marts.{mart.name}\n\n{mart.meaning}\n",
            _grid(("column", "type", "refers to", "meaning", "comes from"), columns),
        ]
    )


def _types() -> str:
    rows = [(name, ARROW[name], SPARK[name], WAREHOUSE[name]) for name in ARROW]
    rows.append(("decimal(p,s)", "decimal128(p, s)", "decimal(p,s)", "decimal(p,s)"))
    grid = _grid(("type", "Arrow", "Spark", "warehouse"), rows)
    return f"## Types\n\nThe catalogue's types, and those of each store for them.\n\n{grid}"


def _read_mart(
    model: Mapping[str, Any], blocks: Mapping[str, str], origins: Mapping[str, Origins]
) -> Mart:
    def meaning(item: Mapping[str, Any]) -> str:
        return _DOC_REFERENCE.sub(lambda match: blocks[match[1]], _line(item["description"]))

    if not model.get("columns"):
        raise ValueError(
            f"the mart {model['name']} describes no column: give each its data_type and "
            "description beside the mart's own description"
        )
    columns = tuple(
        MartColumn(
            column["name"],
            column["data_type"] + (" not null" if _is_required(column) else ""),
            meaning(column),
            _refers_to(column),
            _comes_from(f"marts.{model['name']}", column["name"], origins),
        )
        for column in model["columns"]
    )
    return Mart(model["name"], meaning(model), columns)


def _comes_from(model: str, column: str, origins: Mapping[str, Origins]) -> tuple[str, ...]:
    """The lake's columns that a mart's column is made of."""
    lake = {table.name: table.path for table in TABLES.values() if table.in_warehouse}
    return tuple(
        sorted(f"{lake[table]}.{name}" for table, name in raw_columns(origins, model, column))
    )


def _is_required(column: Mapping[str, Any]) -> bool:
    return any(item["type"] == "not_null" for item in column.get("constraints", ()))


def _refers_to(column: Mapping[str, Any]) -> str:
    """The column of another mart that a test says it refers to."""
    for test in column.get("data_tests", ()):
        if isinstance(test, Mapping) and "relationships" in test:
            arguments = test["relationships"]["arguments"]
            if match := _MODEL_REFERENCE.fullmatch(arguments["to"]):
                return f"{match[1]}.{arguments['field']}"
    return ""


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in cells)


def _line(text: str) -> str:
    return " ".join(text.split())


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


if __name__ == "__main__":
    main()
