"""Where this installation has its files other than Python, and where it keeps data by default.

Two forms: a checkout (an editable install, as `make setup` makes), which has the dbt project and
the files of the deployments at its top and keeps data below `data/`; and a wheel, which carries
them inside the package and keeps data below the working folder. The files are not read here.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit


@cache
def checkout() -> Path | None:
    """The folder of the sources that an editable install runs from; None for a wheel.

    The installer wrote it down: PEP 610, direct_url.json.
    """
    written = json.loads(distribution("indextracker").read_text("direct_url.json") or "{}")
    if not written.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(written["url"]).path))


def home() -> Path:
    """The folder that `data/` and `indextracker.toml` are in, unless settings name others."""
    return checkout() or Path.cwd()


def shipped(name: str) -> Path:
    """A file or folder that every installation has, by its path from the top of the sources."""
    # A wheel is installed as files, never run from an archive: dbt and Dagster want paths.
    return (checkout() or Path(str(files("indextracker") / "shipped"))) / name
