"""Which engine the settings name, and that none starts before it is needed."""

from pathlib import Path

import pytest

from indextracker.engines import EngineError, engine
from indextracker.engines.connect import ConnectEngine
from indextracker.engines.emr import EmrEngine
from indextracker.engines.jvm import JvmEngine
from indextracker.engines.sail import SailEngine
from indextracker.settings import Settings
from indextracker_spark.jobs import JOBS

EMR = {
    "lake": "s3://market/lake",
    "emr_application": "00f1abcd",
    "emr_role": "arn:aws:iam::123456789012:role/spark",
    "emr_code": "s3://market/code",
}


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("sail", SailEngine),
        ("spark", JvmEngine),
        ("sc://127.0.0.1:15002", ConnectEngine),
        ("emr", EmrEngine),
    ],
)
def test_the_settings_name_the_engine(named: str, kind: type, tmp_path: Path) -> None:
    given = EMR if named == "emr" else {"lake": str(tmp_path / "lake")}
    made = engine(Settings(engine=named, **given))
    assert type(made) is kind
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_a_token_of_a_server_is_shown_to_nobody() -> None:
    assert ConnectEngine("sc://spark.example:443/;token=secret").name == (
        "the Spark Connect server at spark.example:443"
    )


def test_emr_runs_within_dagster_alone(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="runs within it alone: use `indextracker backfill`"):
        EmrEngine(Settings(engine="emr", **EMR)).run(JOBS["silver/expiries"], str(tmp_path), [])
    with pytest.raises(EngineError, match="runs within it alone"):
        EmrEngine(Settings(engine="emr", **EMR)).run(JOBS["gold/index_bars"], "/", ["2024-12-13"])
