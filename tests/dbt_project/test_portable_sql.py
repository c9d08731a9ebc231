"""SQL of the project means the same in DuckDB and in Redshift, and in no stand-in alone.

What PostgreSQL takes or means otherwise, as which the stand-in of a cluster runs, is refused here,
on the SQL that dbt compiles for Redshift; no cluster is needed for that.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp
from support.small_market import PROJECT, run_dbt

from indextracker_catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html, less those of SQL itself, which
# no parser takes for a name.
RESERVED_WORDS = """
aes128 aes256 allowoverwrite analyse analyze authorization az64 backup binary blanksasnull both
bytedict bzip2 check collate column credentials default deferrable deflate defrag delta delta32k
disable do emptyasnull encode encrypt encryption explicit freeze full globaldict256 globaldict64k
gzip identity ignore ilike initially isnull leading localtime localtimestamp lun luns lzo lzop minus
mostly16 mostly32 mostly8 new notnull off offline offset oid old only open overlaps parallel
partition percent permissions pivot placing primary raw readratio recover references rejectlog
resort respect restore session_user similar snapshot some sysdate system table tag tdes text255
text32k timestamp to top trailing truncatecolumns unique unnest unpivot user verbose wallet
"""
RESERVED = frozenset(RESERVED_WORDS.split())
# What both have, with the same meaning for what it is given here; strtol is from_base to sqlglot.
SHARED = """
abs and avg case cast coalesce count exp from_base if lag ln max md5 min nullif or row_number
split_part sqrt substring sum
"""
FUNCTIONS = frozenset(SHARED.split())
SIZED = {exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.DECIMAL}
FRACTIONS = {exp.DataType.Type.DOUBLE, exp.DataType.Type.DECIMAL}


def complaints(sql: str, *, refs: bool = True) -> Iterator[str]:
    """What of a statement is not portable.

    Args:
        sql: In Redshift's dialect.
        refs: Whether relations are ours to alias, and not a test's of dbt's own.
    """
    for node in sqlglot.parse_one(sql, dialect="redshift").walk():
        yield from _of_expression(node)
        if refs and isinstance(node, exp.Table) and node.db and not node.alias:
            yield f"alias {node.sql()}"


def _of_expression(node: exp.Expression) -> Iterator[str]:
    if isinstance(node, exp.DataType):
        if node.this in SIZED and not node.expressions:
            yield f"{node.sql()} has another size in each"
        elif node.this == exp.DataType.Type.TEXT:
            yield "TEXT is varchar(256) there"
    elif isinstance(node, exp.Identifier):
        if not node.quoted and node.name.lower() in RESERVED:
            yield f"{node.name} is a reserved word: quote it"
        if node.name != node.name.lower():
            yield f"{node.name} is not in lower case"
    elif isinstance(node, exp.Avg) and not _is_fraction(node.this):
        yield "an average of integers is an integer there: cast before"
    elif isinstance(node, exp.Div) and not (_is_fraction(node.left) or _is_fraction(node.right)):
        yield "a quotient of integers is an integer there: cast before"
    elif isinstance(node, exp.Alias) and _is_untyped(node.this):
        yield f"{node.alias} has no type there: cast it"
    else:
        yield from _of_syntax(node)


def _of_syntax(node: exp.Expression) -> Iterator[str]:
    if isinstance(node, exp.Func) and node.sql_name().lower() not in FUNCTIONS:
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if name.lower() not in FUNCTIONS:
            yield f"{name.lower()} is not known to mean the same"
    elif isinstance(node, exp.Qualify | exp.Filter | exp.Lateral | exp.Unnest | exp.Returning):
        yield f"there is no {type(node).__name__.lower()}"
    elif isinstance(node, exp.Distinct) and node.args.get("on"):
        yield "there is no distinct on"
    elif isinstance(node, exp.Group) and node.args.get("all"):
        yield "there is no group by all"
    elif isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("except")):
        yield "there is no star with exceptions"


def _is_fraction(node: exp.Expression) -> bool:
    return isinstance(node, exp.Cast) and node.to.this in FRACTIONS


def _is_untyped(node: exp.Expression) -> bool:
    """A text, or null, as a column: Redshift does not find what to compare it as."""
    return isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string)


REFUSED = {
    "select cast(x as varchar) as y from a.b as b": "VARCHAR has another size",
    "select cast(x as numeric) as y from a.b as b": "DECIMAL has another size",
    "select cast(x as text) as y from a.b as b": "TEXT is varchar",
    "select avg(x) as y from a.b as b": "average of integers",
    "select x / 2 as y from a.b as b": "quotient of integers",
    "select x from a.b": "alias a.b",
    "select open from a.b as b": "open is a reserved word",
    "select x from raw.b as b": "raw is a reserved word",
    "select x as tag from a.b as b": "tag is a reserved word",
    'select x as "Open" from a.b as b': "not in lower case",
    "select 'x' as y from a.b as b": "y has no type",
    "select null as y from a.b as b": "y has no type",
    "select x from a.b as b qualify row_number() over (order by x) = 1": "no qualify",
    "select distinct on (x) x from a.b as b": "no distinct on",
    "select count(*) filter (where x > 1) as y from a.b as b": "no filter",
    "select string_agg(x, ',') as y from a.b as b": "is not known",
    "select array_agg(x) as y from a.b as b": "is not known",
    "select now() as y from a.b as b": "is not known",
    "select date_part('year', x) as y from a.b as b": "is not known",
    "select regexp_matches(x, 'a') as y from a.b as b": "is not known",
    "select x, count(*) as y from a.b as b group by all": "no group by all",
    "select b.x, c.y from a.b as b, lateral (select b.x as y) as c": "no lateral",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_one_of_them_does_not_have_or_means_otherwise_is_seen(sql: str) -> None:
    assert [said for said in complaints(sql) if REFUSED[sql] in said], list(complaints(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select avg(cast(x as double precision)) as y from a.b as b",
        "select cast('x' as varchar(256)) as y, cast(x as decimal(12, 4)) / 2 as z from a.b as b",
        'select "open" as opens, max(x) over (partition by z order by z) as y from "raw".b as b',
        "select count(distinct x) as y from a.b as b group by z having not (x is null or x > 1)",
    ],
)
def test_what_both_have_passes(sql: str) -> None:
    assert list(complaints(sql)) == []


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target folder of the project compiled for Redshift, without one."""
    folder = tmp_path_factory.mktemp("compiled")
    alone = ("--target", "redshift", "--no-populate-cache", "--no-introspect")
    done = run_dbt(None, folder, "compile", *alone)
    assert done.exit_code == 0, done.output
    return folder


def test_models_and_tests_are_portable(compiled: Path) -> None:
    found = {}
    files = list((compiled / "compiled").rglob("*.sql"))
    for file in files:
        generic = any(part.endswith(".yml") for part in file.parts)
        said = list(complaints(file.read_text(encoding="utf-8"), refs=not generic))
        if said:
            found[file.name] = said
    assert found == {}
    written = [path for kind in ("models", "tests") for path in (PROJECT / kind).rglob("*.sql")]
    assert len(files) > len(written)


def test_contracts_name_sizes(compiled: Path) -> None:
    manifest = json.loads((compiled / "manifest.json").read_text(encoding="utf-8"))
    types = {
        (node["name"], column["name"]): column["data_type"]
        for node in manifest["nodes"].values()
        for column in node["columns"].values()
        if column.get("data_type")
    }
    assert len(types) > 30
    sized = re.compile(
        r"(varchar|decimal)\(\d+(, \d+)?\)|bigint|integer|boolean|date|timestamp|double precision"
    )
    assert {key: kind for key, kind in types.items() if not sized.fullmatch(kind)} == {}


def test_every_model_is_in_the_group_of_its_layer(compiled: Path) -> None:
    manifest = json.loads((compiled / "manifest.json").read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {node["group"] for node in models} == {
        group["name"] for group in manifest["groups"].values()
    }
    for node in models:
        _, subject, layer, *_ = node["fqn"]
        assert node["group"] == f"{subject}_{layer}"


def test_the_docs_open_with_every_mart(compiled: Path) -> None:
    manifest = json.loads((compiled / "manifest.json").read_text(encoding="utf-8"))
    overview = manifest["docs"]["doc.indextracker.__overview__"]["block_contents"]
    linked = set(re.findall(r"#!/model/([\w.]+)", overview))
    marts = {key for key, node in manifest["nodes"].items() if node["fqn"][2] == "marts"}
    assert linked == {key for key in marts if key.startswith("model.")}


def test_models_are_spread_and_sorted_as_the_decision_says(compiled: Path) -> None:
    """Dimensions are on every node; a history is spread by its key and sorted by time."""
    manifest = json.loads((compiled / "manifest.json").read_text(encoding="utf-8"))
    made = {
        node["name"]: (node["config"].get("dist"), node["config"].get("sort"))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "view"
    }
    assert made == {
        "index": ("all", None),
        "derivative": ("all", None),
        "derivative_detail": ("all", None),
        "derivative_detail_code": ("all", None),
        "dim_equity_factor": ("all", None),
        "dim_instrument": ("all", None),
        "fct_forecast_edge": ("all", None),
        "fct_market_correlation": ("all", None),
        "fct_news_sentiment": ("all", None),
        "fct_sentiment_returns": ("all", None),
        "dim_futures_adjustment": ("all", None),
        "fct_futures_rolls": ("all", None),
        "int_basis": ("product", ["session_date", "bar_start"]),
        "int_continuous_futures": ("product", ["session_date", "bar_start"]),
        "int_etf_deviation": ("symbol", ["session_date", "bar_start"]),
        "fct_lead_lag": ("all", None),
        "fct_realised_volatility": ("all", None),
        "fct_volatility_forecast": ("all", None),
        "fct_option_flow_expiry": ("all", None),
        "fct_volatility_index": ("all", None),
        "int_option_flow": ("strike", ["session_date"]),
        "spread": ("all", None),
        "last_quote": ("all", None),
        "exchange_counts": ("all", None),
        "int_alert": ("alert_id", ["hour"]),
        "int_quote_bar": ("symbol", ["hour"]),
        "int_strategy_run": ("all", None),
        "dim_strategy": ("all", None),
        "fct_strategy_run": ("all", None),
        "fct_strategy_equity": ("run_id", ["run_id", "bar_at"]),
        "int_trade_event": ("operation_id", ["hour"]),
        "int_contracts": ("id", ["session_date"]),
        "int_forecast": ("all", ["session_date"]),
        "int_equity_day": ("symbol", ["session_date"]),
        "int_nse_eod": ("symbol", ["session_date"]),
        "int_news_ticker": ("article_id", ["hour"]),
        "int_derivative_history": ("derivative_detail_id", ["session_date", "datetime"]),
        "int_derivative_session": ("derivative_detail_id", ["session_date"]),
        "int_index_history": ("index_id", ["session_date", "datetime"]),
        "int_index_session": ("index_id", ["session_date"]),
        "int_spreads": ("id", ["session_date"]),
        "int_implied_volatility": ("product", ["session_date", "observed_at"]),
        "int_volatility_smile": ("product", ["session_date", "observed_at"]),
        "int_spread_history": ("spread_id", ["session_date", "datetime"]),
        "int_spread_session": ("spread_id", ["session_date"]),
    }


def test_every_table_of_the_warehouse_is_spread_and_sorted() -> None:
    for table in TABLES.values():
        if table.in_warehouse and not table.is_whole:
            beside = set(table.key) - {table.key_column, "session_part"}
            assert table.distribution_key in (beside or {table.key_column})
            assert table.sort_key[0] == table.key_column
