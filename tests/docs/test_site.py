"""The documentation as a site: it builds without a complaint, is whole, and needs no other host."""

from __future__ import annotations

import json
import posixpath
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.sources import PROJECT

from indextracker import Lakehouse, reader
from indextracker_catalogue import TABLES

# What loads something, and by which attribute; `a` only leads there.
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


@dataclass
class Page(HTMLParser):
    """What a page of the site loads, where it leads, and which places it has."""

    ids: set[str] = field(default_factory=set)
    loaded: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        # What <link> only names, as the page before this one, is not loaded.
        if tag in LOADING and LOADING[tag] in found and found.get("rel") not in {"prev", "next"}:
            self.loaded.append(found[LOADING[tag]])


def mkdocs(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Never --quiet: warnings that are not told are not counted, and --strict counts.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once."""
    folder = tmp_path_factory.mktemp("site")
    done = mkdocs("--site-dir", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Its pages, by their addresses."""
    found = {}
    for file in site.rglob("*.html"):
        page = Page()
        page.feed(file.read_text(encoding="utf-8"))
        found[file.relative_to(site).as_posix()] = page
    return found


def address(document: Path) -> str:
    """Where the site has a document of docs/."""
    place = document.relative_to(PROJECT / "docs").with_suffix("")
    folder = place.parent if place.name in {"README", "index"} else place
    return (folder / "index.html").as_posix()


def test_every_document_has_its_page(pages: dict[str, Page]) -> None:
    docs = PROJECT / "docs"
    documents = {address(file) for kind in ("md", "ipynb") for file in docs.rglob(f"*.{kind}")}
    of_the_root = {
        f"{name}/index.html" for name in ("readme", "contributing", "changelog", "security")
    }
    assert set(pages) == documents | of_the_root | {"notice/index.html", "404.html"}


def test_nothing_comes_from_another_host(site: Path, pages: dict[str, Page]) -> None:
    elsewhere = {
        (name, place)
        for name, page in pages.items()
        for place in page.loaded
        if urlsplit(place).netloc
    }
    assert elsewhere == set()
    foreign = ("url(http", "url(//", "@import")
    styles = {file.name: file.read_text(encoding="utf-8") for file in site.rglob("*.css")}
    assert styles
    assert [name for name, text in styles.items() if any(sign in text for sign in foreign)] == []


def test_every_link_of_a_page_leads_to_a_place_of_another(
    site: Path, pages: dict[str, Page]
) -> None:
    broken = []
    for name, page in pages.items():
        # The page of what is not found is shown at any address: its links begin at the root.
        links = [] if name == "404.html" else (*page.links, *page.loaded)
        for link in links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path))
            if not parts.path:
                place = name
            elif (site / place).is_dir():
                place = posixpath.normpath(posixpath.join(place, "index.html"))
            there = pages[place].ids if place in pages else set()
            anchor = unquote(parts.fragment)
            if not (site / place).is_file() or (anchor and anchor not in there):
                broken.append((name, link))
    assert broken == []


def test_a_broken_link_and_a_broken_anchor_are_not_built(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# A\n\n[b](nowhere.md) and [c](#nothing)\n", encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    nothing = "hooks: []\nplugins: []\nwatch: []\nextra_css: []\n"
    config.write_text(
        f"INHERIT: {PROJECT / 'mkdocs.yml'}\ndocs_dir: {docs}\nnav: [index.md]\n{nothing}",
        encoding="utf-8",
    )
    done = mkdocs("--config-file", str(config), "--site-dir", str(tmp_path / "site"))
    assert done.returncode == 1
    assert "'nowhere.md'" in done.stderr
    assert "'#nothing'" in done.stderr


def test_the_search_finds_every_table_by_its_columns(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"]: entry["text"] for entry in index["docs"]}
    for table in TABLES.values():
        text = found[f"data_dictionary/#{table.path.replace('/', '')}"]
        assert [name for name in table.column_names if name not in text] == []


def test_the_reference_has_all_that_the_reader_gives(pages: dict[str, Page]) -> None:
    public = {f"indextracker.reader.{name}" for name in reader.__all__}
    public |= {f"indextracker.reader.Lakehouse.{name}" for name in dir(Lakehouse) if name[0] != "_"}
    assert public - pages["api/index.html"].ids == set()
