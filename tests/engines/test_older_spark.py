"""Every job of Spark gives on the Spark of EMR's images the rows that it gives on Sail.

Each is some 470 MB to install, so it is asked for: INDEXTRACKER_TEST_IMAGES=4.0,4.1 is all of
them, as in `make test-images`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deltalake import DeltaTable
from engines import every_job
from engines.lakes import SESSIONS, beside
from engines.older_spark import RELEASES, Release
from engines.test_parity import SETTINGS
from support import stores
from support.emr_standin import Image, Run
from support.keys import keys
from support.market import Market

from indextracker.engines.emr import job_run
from indextracker.engines.packaging import package
from indextracker.lake import Lake
from indextracker.lake.digest import contents, digest
from indextracker.settings import Settings
from indextracker_catalogue import Table
from indextracker_spark.jobs import JOBS

WANTED = os.environ.get("INDEXTRACKER_TEST_IMAGES")
if not WANTED:
    pytest.skip(
        "INDEXTRACKER_TEST_IMAGES asks for no Spark of EMR's images (4.0,4.1), of 470 MB each",
        allow_module_level=True,
    )

WRITTEN = list(dict.fromkeys(job.writes for job in JOBS.values()))
AGAIN = JOBS["gold/index_sessions"]
CODE = f"s3://{stores.BUCKET}/emr"

pytestmark = pytest.mark.timeout(1200)


@dataclass(frozen=True)
class Submitter:
    """Sends programs to the image of a release, from a store where the delivered code is."""

    release: Release
    store: stores.Store

    def submit(self, lake: str, job: str, program: Path | None = None) -> None:
        """Runs a job by what EMR is sent for it, with another program as entry point perhaps."""
        packaged = package()
        settings = Settings(
            lake=f"s3://{stores.BUCKET}/lake",
            engine="emr",
            emr_application="app",
            emr_role="arn:aws:iam::123456789012:role/jobs",
            emr_code=CODE,
        )
        files = dict(packaged.files)
        asked = dict(job_run(settings, packaged, JOBS[job], lake, keys(SESSIONS)).parameters)
        if program:
            files[program.name] = program.read_bytes()
            asked["jobDriver"]["sparkSubmit"]["entryPoint"] = f"{CODE}/code/{program.name}"
        for name, body in files.items():
            self.store.client().put_object(Bucket=stores.BUCKET, Key=f"emr/code/{name}", Body=body)
        run = Run(asked, 0)
        Image(self.store.environment(), self.release.installed()).run(run)
        assert run.state == "SUCCESS", f"{run.details}\n{run.printed.decode()[-30_000:]}"


@pytest.fixture(scope="module", params=WANTED.split(","))
def submitter(request: pytest.FixtureRequest, java: int) -> Iterator[Submitter]:
    with stores.serving() as store:
        yield Submitter(RELEASES[request.param], store)


@pytest.fixture(scope="module")
def by_image(
    submitter: Submitter, filled: Market, tmp_path_factory: pytest.TempPathFactory
) -> Market:
    """The same lake, filled by the Spark of an image."""
    other = beside(filled, tmp_path_factory.mktemp("image") / "lake")
    submitter.submit(other.lake.root, next(iter(JOBS)), Path(every_job.__file__))
    return other


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.path)
def test_an_image_gives_the_same_rows(filled: Market, by_image: Market, table: Table) -> None:
    sail, theirs = filled.lake, by_image.lake
    if not table.is_whole:
        assert contents(theirs, table) == contents(sail, table)
    assert theirs.total_rows(table) == sail.total_rows(table) > 0
    assert digest(theirs, table) == digest(sail, table)


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.path)
def test_an_image_turns_no_feature_of_delta_on(
    submitter: Submitter, by_image: Market, table: Table
) -> None:
    delta = DeltaTable(by_image.lake.path(table))
    assert delta.history(1)[0]["engineInfo"] == submitter.release.signature
    protocol = delta.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert not (protocol.reader_features or protocol.writer_features)
    assert delta.metadata().configuration.keys() <= SETTINGS


def test_the_entry_point_runs_on_an_image(submitter: Submitter, by_image: Market) -> None:
    check_a_second_run_changes_nothing(submitter, by_image.lake)


def test_an_image_reads_tables_with_a_checkpoint(submitter: Submitter, by_image: Market) -> None:
    """Asked last. Spark writes one at each tenth commit, so each lake soon has them."""
    for table in (AGAIN.writes, *AGAIN.reads):
        by_image.lake.open(table).create_checkpoint()
    if submitter.release.fault:
        with pytest.raises(AssertionError, match=submitter.release.fault):
            submitter.submit(by_image.lake.root, AGAIN.name)
        pytest.xfail(f"{submitter.release.signature} reads no table that has a checkpoint")
    check_a_second_run_changes_nothing(submitter, by_image.lake)


def check_a_second_run_changes_nothing(submitter: Submitter, lake: Lake) -> None:
    before, version = digest(lake, AGAIN.writes), lake.open(AGAIN.writes).version()
    submitter.submit(lake.root, AGAIN.name)
    assert lake.open(AGAIN.writes).version() == version + 1
    assert digest(lake, AGAIN.writes) == before
