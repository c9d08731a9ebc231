"""Attacks on what strangers may ask: nothing is written, no file is read, nothing is taken over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.reader import QuestionError
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_dashboard.questions import Questions
from indextracker_dashboard.worker import Question


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("asked") / "lake"
    Lake(str(place), "simulated").ensure([DELIVERIES])
    (place.parent / "secret.csv").write_text("a,b\n1,2\n")
    return place


@pytest.fixture(scope="module")
def questions(folder: Path) -> Iterator[Questions]:
    made = Questions(partial(Lakehouse, folder), at_once=2)
    yield made
    made.close()


def question(sql: str, rows: int = 100, **values: str) -> Question:
    return Question(sql, tuple(values.items()), "lake", rows)


def test_a_question_is_answered_with_its_parameters(questions: Questions) -> None:
    asked = question("select $name as name, $n::int + 1 as n", name="x' or 'a'='a", n="2")
    assert questions.ask(asked).arrow().to_pylist() == [{"name": "x' or 'a'='a", "n": 3}]


def test_no_more_rows_are_read_than_asked_for(questions: Questions) -> None:
    endless = question("select * from range(100000000000) t(i)", rows=7)
    assert len(questions.ask(endless)) == 7


@pytest.mark.parametrize(
    "sql",
    [
        "create table x as select 1",
        "create temp table x as select 1",
        "insert into bronze.deliveries select * from bronze.deliveries",
        "delete from bronze.deliveries",
        "drop view bronze.deliveries",
        "copy (select 1) to '{folder}/written.csv'",
        "export database '{folder}/written'",
        "attach '{folder}/written.db'",
        "select * from read_csv('{folder}/secret.csv')",
        "select * from '{folder}/secret.csv'",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/etc/passwd')",
        "select * from glob('/etc/*')",
        "select * from sniff_csv('{folder}/secret.csv')",
        "select * from parquet_scan('{folder}/lake/bronze/deliveries/*.parquet')",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '100GB'",
        "reset enable_external_access",
        "pragma enable_external_access = true",
        "select 1; select 2",
        "select 1; copy (select 1) to '{folder}/written.csv'",
        "select * from query('create table x as select 1')",
        "checkpoint",
        "vacuum",
        "call pragma_version()",
        "begin",
        "prepare p as select 1",
        "select * from rows",
        "select * from question",
        "",
        "--",
        "select",
    ],
)
def test_what_does_more_than_read_is_refused(folder: Path, sql: str) -> None:
    # As the process does that would be asked, and would only take longer.
    with pytest.raises(QuestionError) as caught:
        question(sql.format(folder=folder.parent)).asked(Lakehouse(folder))
    assert str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert sorted(one.name for one in folder.parent.iterdir()) == ["lake", "secret.csv"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select repeat('x', 3000000000)", "allocat|memory"),
        ("select list(i) from range(2000000000) t(i)", "allocat|memory"),
        ("select repeat('x', 1000000) from range(1000)", "larger than 256 MB|allocat|memory"),
        ("select " + "(" * 2000 + "1" + ")" * 2000, "depth"),
    ],
)
def test_what_takes_too_much_is_ended(questions: Questions, sql: str, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        questions.ask(question(sql, rows=1_000))
    assert len(questions.ask(question("select 1"))) == 1


ENDLESS = "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c"


def test_a_question_has_its_time(folder: Path) -> None:
    questions = Questions(partial(Lakehouse, folder), seconds=0.5)
    with pytest.raises(QuestionError, match=r"longer than 0\.5 seconds"):
        questions.ask(question(ENDLESS))
    questions.close()


def test_a_question_is_stopped_and_others_wait_for_no_one(questions: Questions) -> None:
    said: list[str] = []

    def ask(asked: Question) -> None:
        with pytest.raises(QuestionError) as caught:
            questions.ask(asked)
        said.append(str(caught.value))

    endless = [question(ENDLESS), question(ENDLESS, rows=1)]
    asking = [threading.Thread(target=ask, args=(one,)) for one in endless]
    for thread in asking:
        thread.start()
    while questions.running < len(endless):
        asking[0].join(0.05)
    with pytest.raises(QuestionError, match="2 questions are being answered: ask again"):
        questions.ask(question("select 1"))
    for one in endless:
        questions.stop(one)
    for thread in asking:
        thread.join(60)
    assert said == ["it was stopped"] * 2
