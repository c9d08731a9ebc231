"""A store for each module, which this process and the commands that it starts reach."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from s3.bucket_homes import BucketHome
from support.stores import BUCKET, Store, serving

_numbers = itertools.count()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with serving() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment().items():
            patch.setenv(name, value)
        # What `export` sets in processes of the command.
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("AWS_DEFAULT_REGION", running.environment()["AWS_REGION"])
        yield running


@pytest.fixture
def prefix(store: Store) -> str:
    """An address that nothing has been kept at."""
    return f"s3://{BUCKET}/lakes/{next(_numbers)}"


@pytest.fixture
def new_home(store: Store, tmp_path: Path, source: str) -> Callable[..., BucketHome]:
    """Makes empty homes whose lake is in the store."""

    def make(name: str, lake: str, **more: object) -> BucketHome:
        folder = tmp_path / name
        folder.mkdir()
        return BucketHome(folder, **({"source": source, "store": store, "address": lake} | more))

    return make
