"""The data dictionary is up to date, and follows the declarations that it is made of."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.sources import PROJECT

from indextracker_catalogue import TABLES, Check, Column, Sessions, Table, Whole
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_cli import dictionary
from indextracker_cli.dictionary import Mart, MartColumn, read_marts, render

# Through a model between; where a column comes from in the end are tables of the warehouse.
ORIGINS = {
    "marts.history": {
        "index_id": [("staging", "bars", "index_id")],
        "price": [("staging", "bars", "price"), ("raw", "futures_bars", "close")],
    },
    "staging.bars": {
        "index_id": [("raw", "index_bars", "index_id")],
        "price": [("raw", "index_bars", "close")],
    },
}

PRICES = Table(
    layer="gold",
    name="prices",
    meaning="One row per session. Made up.",
    key=("session_date",),
    timeline=Sessions("XTAI"),
    key_nullable=("symbol",),
    columns=(
        Column("session_date", "date", "Session."),
        Column("symbol", "string", "Symbol, a|b."),
        Column("price", "double", "Price.", "points"),
    ),
    checks=(Check("price_positive", "not price > 0", "A price is above zero.", "warn"),),
    in_warehouse=True,
)


def test_the_committed_dictionary_is_up_to_date() -> None:
    assert (PROJECT / dictionary.PLACE).read_text(encoding="utf-8") == dictionary.current(), (
        "docs/data_dictionary.md is stale: renew it with `make docs`"
    )


def test_every_table_and_column_is_in_it() -> None:
    text = dictionary.current()
    for table in TABLES.values():
        section = text.split(f"### {table.path}\n")[1].split("\n### ")[0]
        assert table.meaning in section
        for column in table.columns:
            assert f"| `{column.name}` | {column.type} |" in section


def test_a_table_says_how_it_is_keyed_stored_and_checked() -> None:
    text = render([PRICES], [])
    assert "- Key: `session_date`, and `symbol`, which may be null." in text
    assert "Stored partitioned by `session_date`; one write replaces the rows of the" in text
    assert "- Copied to the warehouse as `raw.prices`." in text
    assert "| `price` | double | points | Price. |" in text
    assert "| `symbol` | string |  | Symbol, a\\|b. |" in text
    assert "| `price_positive` | warn | A price is above zero. |" in text
    assert "| `key_unique` | error |" in text
    assert "| [gold/prices](#goldprices) | One row per session. |" in text


def test_an_audit_names_the_other_tables_that_it_reads() -> None:
    text = render([TABLES["silver/futures_trades"]], [])
    others = "`silver/futures_spreads`, `bronze/taifex_volume_totals`, `silver/rejects`"
    assert f"Reads {others} too. |" in text


@pytest.mark.parametrize(
    ("table", "replaced"),
    [
        (DELIVERIES, "one write appends and replaces nothing"),
        (
            TABLES["silver/daily_report"],
            "one write replaces the rows of one `instrument` of the sessions",
        ),
        (TABLES["silver/products"], "in one piece, without partitions; one write replaces all"),
        (TABLES["silver/contracts"], "partitioned by `year`"),
    ],
    ids=lambda value: value.path if isinstance(value, Table) else "",
)
def test_it_says_what_one_write_replaces(table: Table, replaced: str) -> None:
    assert replaced in render([table], [])


@pytest.mark.parametrize(
    "changed",
    [
        replace(PRICES, meaning="One row per symbol."),
        replace(PRICES, timeline=Whole()),
        replace(PRICES, in_warehouse=False),
        replace(PRICES, columns=(*PRICES.columns, Column("volume", "bigint", "Volume."))),
        replace(PRICES, columns=(*PRICES.columns[:2], Column("price", "double", "Price.", "TWD"))),
        replace(PRICES, checks=(replace(PRICES.checks[0], severity="error"),)),
    ],
    ids=["meaning", "time line", "warehouse", "new column", "unit", "severity"],
)
def test_any_change_of_a_table_changes_it(changed: Table) -> None:
    assert render([changed], []) != render([PRICES], [])


def test_marts_come_from_the_yml_files_beside_the_models(tmp_path: Path) -> None:
    (tmp_path / "east" / "marts").mkdir(parents=True)
    (tmp_path / "notes.md").write_text(
        "{% docs price %}\nLast price\nof the bar.\n{% enddocs %}\n", encoding="utf-8"
    )
    (tmp_path / "east" / "marts" / "history.yml").write_text(
        """
models:
  - name: history
    description: >-
      One row per
      bar.
    columns:
      - name: index_id
        description: The index.
        data_type: bigint
        constraints: [{type: not_null}]
        data_tests:
          - not_null
          - relationships: {arguments: {to: ref('index'), field: id}}
      - name: price
        description: "{{ doc('price') }}"
        data_type: double precision
""",
        encoding="utf-8",
    )
    marts = read_marts(tmp_path, ORIGINS)
    assert marts == [
        Mart(
            "history",
            "One row per bar.",
            (
                MartColumn(
                    "index_id",
                    "bigint not null",
                    "The index.",
                    "index.id",
                    ("gold/index_bars.index_id",),
                ),
                MartColumn(
                    "price",
                    "double precision",
                    "Last price of the bar.",
                    comes_from=("gold/futures_bars.close", "gold/index_bars.close"),
                ),
            ),
        )
    ]
    text = render([], marts)
    assert "### marts.history\n\nOne row per bar.\n" in text
    assert "| `index_id` | bigint not null | `index.id` | The index. |" in text


def test_it_is_written_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dictionary, "home", lambda: tmp_path)
    with pytest.raises(SystemExit, match=r"docs/data_dictionary\.md is stale"):
        dictionary.main(["--check"])
    dictionary.main([])
    dictionary.main(["--check"])
    (tmp_path / dictionary.PLACE).write_text("something else", encoding="utf-8")
    with pytest.raises(SystemExit, match="make docs"):
        dictionary.main(["--check"])


def test_it_loads_neither_dagster_nor_spark() -> None:
    code = (
        "import sys, indextracker_cli.dictionary as d; d.current();"
        "print({'dagster', 'dagster_dbt', 'pyspark', 'pysail'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
