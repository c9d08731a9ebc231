"""The documents are true: links work, and the files, commands and settings that they name exist."""

import re
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from support.sources import PROJECT

from indextracker.feeds import FEEDS, Feed
from indextracker.feeds.model import State
from indextracker.settings import NAMES, Settings
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as tables_of_taiwan
from indextracker_cli import indextracker

DOCUMENTS = sorted((*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


# The settings whose default is a word and not a place or a sentence.
PLAIN = set(NAMES) - {"lake", "warehouse", "dagster_home", "user_agent"}


def shown(default: object) -> str:
    """A default as the readme has it."""
    return "none" if default in (None, "") else f"`{default}`"


def said(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """As GitHub makes them: lower case, punctuation dropped, blanks to hyphens."""
    headings = HEADING.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(PROJECT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(PROJECT).as_posix())
def test_every_file_and_table_named_in_code_is_there(document: Path) -> None:
    """Paths of the repository's folders, and `<layer>/<table>` of the catalogue."""
    folders = (
        "catalogue|docs|dbt_project|indextracker|indextracker_assets|indextracker_cli|simulator|spark"
        "|tests"
    )
    named = re.findall(
        rf"`((?:{folders})/[\w./]+|(?:bronze|silver|gold)/\w+)`",
        document.read_text(encoding="utf-8"),
    )
    missing = [
        name for name in named if name not in TABLES and not (PROJECT / name.rstrip("/")).exists()
    ]
    # Folders of tests/ in the table of CONTRIBUTING are named from there.
    assert [name for name in missing if not (PROJECT / "tests" / name).exists()] == []


def test_readme_lists_every_command_and_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    text = said("README.md")
    commands = set(re.findall(r"^\| `indextracker (\w+)", text, re.MULTILINE))
    assert commands == set(indextracker.commands)
    settings = re.findall(r"^\| `INDEXTRACKER_(\w+)` \| (`[^`]+`|none)", text, re.MULTILINE)
    assert sorted(name.lower() for name, _ in settings) == sorted(NAMES)
    for name in NAMES:
        monkeypatch.delenv(f"INDEXTRACKER_{name.upper()}", raising=False)
    defaults = Settings().by_name()
    assert dict(settings) == {name.upper(): shown(defaults[name]) for name in PLAIN} | {
        "LAKE": "`data/<world>/lake`",
        "WAREHOUSE": "`data/<world>/warehouse.duckdb`",
        "STREAM": "`data/<world>/streams`",
        "DAGSTER_HOME": "`DAGSTER_HOME`",
        "USER_AGENT": "`indextracker/<version> (open market-data lakehouse)`",
    }
    for name in ("LAKE", "WAREHOUSE"):
        place = dict(settings)[name].strip("`").replace("<world>", "simulated")
        assert defaults[name.lower()] == str(PROJECT / place)
    agent = dict(settings)["USER_AGENT"].strip("`").replace("<version>", version("indextracker"))
    assert defaults["user_agent"] == agent


def test_readme_names_every_feed_there_is_and_no_other() -> None:
    row = re.search(r"^\| feeds \| ([^|]+) \|", said("README.md"), re.MULTILINE)
    assert row is not None
    assert set(re.findall(r"`(\w+)`", row[1])) == set(FEEDS)


def test_guide_explains_every_state() -> None:
    section = said("docs/guide.md").split("## States of a document")[1].split("\n## ")[0]
    explained = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    states = {name for cell in explained for name in re.findall(r"`(\w+)`", cell)}
    assert states == set(State.__args__)


def test_guide_lists_every_feed_and_how_long_its_documents_stay() -> None:
    section = said("docs/guide.md").split("## Feeds")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", section, re.MULTILINE)

    def kept(feed: Feed) -> str:
        if feed.of_today:
            return "its day"
        return f"{feed.window_sessions} sessions" if feed.window_sessions else "long"

    assert dict(rows) == {name: kept(feed) for name, feed in FEEDS.items()}


def test_operations_names_the_documents_of_every_feed() -> None:
    section = said("docs/operations.md").split("### An archive")[1].split("\n### ")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", section, re.MULTILINE))))
    assert named == set(FEEDS)
    day = date(2022, 1, 3)  # a session on every exchange, as is the day after
    spelled = section.replace("<year of the Republic>", "111").replace("<year>", "2022")
    spelled = spelled.replace("<hour>", "00")
    letters = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%b": "MON", "%y": "YY"}
    forms = ("%Y_%m_%d", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%d-%m-%Y", "%d%b%Y", "%d%m%y")
    for form in forms:
        written = re.sub("%.", lambda part: letters[part[0]], form)
        spelled = spelled.replace(written, f"{day:{form}}".upper())
    spelled = spelled.replace("DDMonYYYY", f"{day:%d%b%Y}")
    spelled = spelled.replace("ddmonyyyy", f"{day:%d%b%Y}".lower())
    names = {name.removesuffix(".zip") for feed in FEEDS.values() for name in feed.names(day)}
    stems = {Path(name).stem for name in names}
    assert {stem for stem in stems if f"`{stem}." not in spelled} == set()


def test_every_decision_is_listed_by_its_number_and_title() -> None:
    row = re.compile(r"^\| \[(\d{4})\]\(([\w-]+\.md)\) \| (.+) \|$", re.MULTILINE)
    listed = row.findall(said("docs/decisions/README.md"))
    there = sorted(path.name for path in (PROJECT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [name for _, name, _ in listed] == there
    for number, name, title in listed:
        assert name.startswith(f"{number}-")
        assert said(f"docs/decisions/{name}").startswith(f"# {number}: {title}\n")


def test_the_example_of_a_new_table_is_one() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", said("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    table, function, job = blocks
    names = dict(vars(tables_of_taiwan))
    exec(table, names)
    assert isinstance(names["PRODUCT_VOLUMES"], Table)
    compile(function, "CONTRIBUTING.md", "exec")
    compile(f"JOBS = ({job.strip()})", "CONTRIBUTING.md", "exec")
