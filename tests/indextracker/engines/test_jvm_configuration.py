"""The configuration of a JVM session, whatever opens it."""

from pathlib import Path

import pytest

from indextracker.engines import jvm

DELTA, S3A = Path("/jars/delta.jar"), Path("/jars/s3a.jar")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with Java and all jars."""
    monkeypatch.setattr(jvm, "verify_java", lambda: 17)
    monkeypatch.setattr(jvm, "jars", lambda wanted: [DELTA if wanted is jvm.DELTA else S3A])


def test_a_lake_in_a_folder_needs_delta_alone() -> None:
    found = jvm.configuration(on_s3=False)
    assert found["spark.jars"] == str(DELTA)
    assert found["spark.sql.extensions"] == "io.delta.sql.DeltaSparkSessionExtension"
    assert found["spark.sql.session.timeZone"] == "UTC"
    assert found["spark.driver.bindAddress"] == found["spark.driver.host"] == "127.0.0.1"
    assert found["spark.ui.enabled"] == "false"
    assert found["spark.databricks.delta.properties.defaults.enableDeletionVectors"] == "false"
    assert not [name for name in found if "s3" in name]


def test_a_lake_on_s3_is_reached_as_the_environment_says() -> None:
    here, found = jvm.configuration(on_s3=False), jvm.configuration(on_s3=True)
    assert found["spark.jars"] == f"{DELTA},{S3A}"
    assert found["spark.hadoop.fs.s3.impl"] == "org.apache.hadoop.fs.s3a.S3AFileSystem"
    # Read inside the JVM: no key and no address passes through here.
    assert found["spark.hadoop.fs.s3a.endpoint"] == "${env.AWS_ENDPOINT_URL:-}"
    assert not [value for value in found.values() if "SECRET" in value or "ACCESS_KEY" in value]
    assert {name: found[name] for name in here if name != "spark.jars"} == {
        name: value for name, value in here.items() if name != "spark.jars"
    }
