"""A hook of MkDocs: pages of the repository's root, links that leave `docs/`, patterns in the nav.

Documents link to each other by the paths that they have in the repository, so that the links work
on a code host. Here they are made to lead to the same pages of the site. Settings of the site are
in `mkdocs.yml`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = "docs"
# Documents outside of docs/, and their pages.
PAGES = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "NOTICE": "notice.md",
    "SECURITY.md": "security.md",
}
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_HREF = re.compile(r'href="([^":#]+\.(?:md|ipynb))(#[^"]*)?"')
# Where the converter of notebooks would name the address of MathJax; there is none here.
_NO_MATHJAX = re.compile(r'<script src="">\s*</script>')
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> None:
    """Puts the pages in the place of each pattern in the nav."""
    config.nav = _expanded(config.nav or [])


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages whose documents are outside of docs/."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if not source.endswith(".md"):
            text = f"# {source.capitalize()}\n\n```text\n{text}```\n"
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Makes the links of a document those of its page, and gives it the width that it can use."""
    if page.parent is None:
        # Alone in its tab: there is nothing to navigate to beside it.
        page.meta["hide"] = ["navigation"]
    here = page.file.src_uri
    if here == "data_dictionary.md":
        # Who types the name of a column looks for its meaning, before examples that use it.
        page.meta["search"] = {"boost": 4}
    source = _SOURCES.get(here, f"{DOCS}/{here}")

    def led(link: re.Match[str]) -> str:
        mark, text, target = link.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return link[0]
        place, hash_, anchor = target.partition("#")
        found = page_of(posixpath.normpath(posixpath.join(posixpath.dirname(source), place)))
        if found is None:
            return text
        way = posixpath.relpath(found, posixpath.dirname(here) or ".")
        return f"{mark}[{text}]({way}{hash_}{anchor})"

    return _outside_of_code(markdown, lambda text: _LINK.sub(led, text))


def on_page_content(html: str, page: Page, files: Files, **_: Any) -> str:
    """Makes the links of a notebook those of its page, as those of documents are made by MkDocs."""
    here = page.file.src_uri
    if not here.endswith(".ipynb"):
        return html

    def led(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(DOCS, posixpath.dirname(here), link[1]))
        found = files.get_file_from_path(page_of(target) or target)
        return f'href="{found.url_relative_to(page.file)}{link[2] or ""}"' if found else link[0]

    return _NO_MATHJAX.sub("", _HREF.sub(led, html))


def page_of(path: str) -> str | None:
    """The file of the site for a path of the repository; None where the site does not have it."""
    if path in PAGES:
        return PAGES[path]
    inside = posixpath.relpath(path, DOCS)
    if not inside.startswith(".."):
        return f"{inside}/README.md" if (ROOT / path).is_dir() else inside
    # A path that is nowhere stays, so that MkDocs complains of it.
    return None if (ROOT / path).exists() else path


def _expanded(nav: list[Any]) -> list[Any]:
    found: list[Any] = []
    for entry in nav:
        if isinstance(entry, dict):
            found.append(
                {
                    title: _expanded(inside) if isinstance(inside, list) else inside
                    for title, inside in entry.items()
                }
            )
        elif "*" in entry:
            docs = ROOT / DOCS
            found += [path.relative_to(docs).as_posix() for path in sorted(docs.glob(entry))]
        else:
            found.append(entry)
    return found


def _outside_of_code(markdown: str, change: Callable[[str], str]) -> str:
    parts = _FENCE.split(markdown)
    parts[::2] = [change(part) for part in parts[::2]]
    return "".join(parts)
