"""Opening the stream of a subject: where the settings have it, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from indextracker.settings import Settings
from indextracker.streams import opening
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Record


def test_a_subject_has_a_file_of_its_own_that_is_made_once(tmp_path: Path) -> None:
    settings = Settings(stream=str(tmp_path / "streams"))
    opening.open_stream(settings, "left").put([Record("key", b"{}")])
    again = opening.open_stream(settings, "left")
    other = opening.open_stream(settings, "right")
    counts = [len(s.reader(s.shards()[0].name).read(10).records) for s in (again, other)]
    assert counts == [1, 0]
    assert isinstance(again, EmbeddedStream)
    assert {file.stem for file in (tmp_path / "streams").glob("*.sqlite")} == {"left", "right"}


def test_kinesis_has_the_name_of_the_setting_and_of_the_subject(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(KinesisStream, "__init__", _without_a_service)
    monkeypatch.setattr(KinesisStream, "create", lambda _: None)
    stream = opening.open_stream(Settings(stream="kinesis://ticks"), "left")
    assert stream.address == "kinesis://ticks-left"


def _without_a_service(stream: KinesisStream, name: str) -> None:
    stream.address = f"kinesis://{name}"


@pytest.mark.parametrize("address", ["kinesis://", "kinesis://a b", "s3://bucket/x"])
def test_what_is_neither_a_folder_nor_kinesis_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="neither a folder nor a kinesis://<name>"):
        Settings(stream=address)
