"""The file of rules: what it means, and sentences for what cannot be used."""

from pathlib import Path

import pytest
from support.sources import PROJECT

from indextracker.alerts.rules import Moves, RulesError, Stale, Volume, read

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
MOVES = 'name = "a"\nkind = "moves"\nsymbols = ["A"]\npercent = 1\nagainst = "open"\n'
STALE = 'name = "b"\nkind = "stale"\nsymbols = ["A"]\nsilent_seconds = 1\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "alerts.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_example_of_the_docs_can_be_used() -> None:
    rules = read(PROJECT / "docs" / "alerts.toml")
    kinds = [type(rule) for rule in rules.rules]
    assert {*kinds} == {Moves, Volume, Stale}
    assert {rule.against for rule in rules.rules if isinstance(rule, Moves)} == {
        "previous_close",
        "open",
        "rolling",
    }
    assert rules.mail is not None


def test_a_rule_is_told_to_its_own_receivers_else_to_all(tmp_path: Path) -> None:
    text = f'to = ["webhook"]\n[[rules]]\n{MOVES}[[rules]]\n{STALE}to = ["{TOPIC}"]\n'
    rules = read(written(tmp_path, text))
    assert [rules.of(rule) for rule in rules.rules] == [("webhook",), (TOPIC,)]
    assert rules.receivers == ("webhook", TOPIC)
    silent = read(written(tmp_path, f"to = ['webhook']\n[[rules]]\n{MOVES}to = []\n"))
    assert silent.receivers == ()


def test_symbols_are_names_or_patterns(tmp_path: Path) -> None:
    text = f"[[rules]]\n{MOVES}".replace('["A"]', '["^GSPC", "TX *", "00620?"]')
    [rule] = read(written(tmp_path, text)).rules
    found = [rule.matches(name) for name in ("^GSPC", "TX 202412", "TXO 202412", "006204", "gspc")]
    assert found == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rules", "{file} is no TOML: "),
        ("rule = []", "rule: there is no such field; there are mail, rules, to"),
        ("to = ['nobody']", "to: 'nobody' is nobody who can be told; write a list of receivers: "),
        ("to = 'webhook'", "to: input should be a valid tuple; write a list of receivers: "),
        ("[[rules]]\nname = 'a'", 'rule 1 (a), kind: write "moves", "volume" or "stale"'),
        ("[[rules]]\nkind = 'rumour'", 'rule 1, kind: write "moves", "volume" or "stale"'),
        (
            f"[[rules]]\n{MOVES}".replace("percent = 1\n", ""),
            "rule 1 (a), percent: it is missing; write per cent, above 0, such as 1 or 0.5",
        ),
        (
            f"[[rules]]\n{STALE}[[rules]]\n{MOVES}".replace("percent = 1", "percent = 0"),
            "rule 2 (a), percent: input should be greater than 0; write per cent, above 0",
        ),
        (
            f"[[rules]]\n{MOVES}per_cent = 1",
            "rule 1 (a), per_cent: there is no such field; there are against, cooldown_minutes, ",
        ),
        (
            f"[[rules]]\n{MOVES}".replace('"open"', '"rolling"'),
            'rule 1 (a), give rolling_minutes where against = "rolling", and nowhere else',
        ),
        (
            f"[[rules]]\n{STALE}".replace("= 1", "= 1.5"),
            "rule 1 (b), silent_seconds: input should be a valid integer; write whole seconds, ",
        ),
        (f"[[rules]]\n{MOVES}".replace('"A"', '""'), "rule 1 (a), symbols: a symbol is empty; "),
        (f"[[rules]]\n{MOVES}[[rules]]\n{MOVES}", "two rules are called 'a': rename one"),
        (
            f"to = ['desk@example.org']\n[[rules]]\n{MOVES}",
            "desk@example.org is mailed to, and no [mail] says through which server: add it, with ",
        ),
        (
            "[mail]\nserver = 'smtp.example.org'\nsender = 'a@example.org'",
            "[mail], server: string should match pattern",
        ),
    ],
)
def test_what_cannot_be_used_is_said(text: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RulesError) as caught:
        read(file)
    begins = said.format(file=file) if "{file}" in said else f"{file}: {said}"
    assert caught.value.sentences[0].startswith(begins)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = f"[[rules]]\n{MOVES}[[rules]]\n{STALE}".replace("= 1", "= 0")
    with pytest.raises(RulesError) as caught:
        read(written(tmp_path, text))
    assert len(caught.value.sentences) == 2


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read: No such file"):
        read(tmp_path / "alerts.toml")
