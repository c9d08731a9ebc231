"""Pages of the dashboard in a browser without a window, as people open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# A page is waited for as long as a loaded machine may take; what is there is not waited for.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)
_HARMFUL = ("serious", "critical")


@dataclass
class Viewer:
    """A window of a browser, and what went wrong in it.

    Attributes:
        page: The window.
        address: Of the dashboard.
        troubles: What the console or the network said.
    """

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Opens a page, and waits until its body is drawn."""
        self.page.goto(f"{self.address}{path}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Waits until nothing is asked of the dashboard any more."""
        expect(self.page.locator("#body > *").first).to_be_attached(timeout=PATIENCE_MS)
        self.page.wait_for_load_state("networkidle")

    @property
    def query(self) -> str:
        """The query of the address."""
        return self.page.evaluate("window.location.search")

    def assert_usable(self) -> None:
        """No serious finding about accessibility, nothing wider than the screen, no trouble."""
        found = Axe().run(self.page).response["violations"]
        harmful = [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in _HARMFUL
        ]
        assert not harmful, "\n".join(harmful)
        wide, screen = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= screen, f"the page is {wide} pixels wide, the screen {screen}"
        assert not self.troubles, "\n".join(self.troubles)


class Windows:
    """Windows of one browser. Those of one kind share what they loaded once: scripts are compiled.

    A page of the dashboard keeps nothing in the browser, so that no window sees another's state.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kinds: dict[str, BrowserContext] = {}

    @contextmanager
    def opened(
        self,
        address: str,
        *,
        size: dict[str, int] | None = None,
        scheme: Literal["light", "dark"] = "light",
        **more: Any,
    ) -> Iterator[Viewer]:
        """A window of its own; at the end nothing may have gone wrong in it."""
        how = {"viewport": size or DESKTOP, "color_scheme": scheme, "reduced_motion": "reduce"}
        how |= more
        if (kind := repr(how)) not in self._kinds:
            self._kinds[kind] = self._browser.new_context(**how)
            # As long as a window is there, the process lives that has compiled the scripts.
            self._kinds[kind].new_page().goto(f"{address}/healthz")
        page = self._kinds[kind].new_page()
        page.set_default_timeout(PATIENCE_MS)
        viewer = Viewer(page, address)

        def hear(message: ConsoleMessage) -> None:
            if message.type == "error":
                viewer.troubles.append(f"console: {message.text}")

        def fail(error: Error) -> None:
            viewer.troubles.append(f"script: {error}")

        page.on("console", hear)
        page.on("pageerror", fail)
        try:
            yield viewer
        finally:
            page.close()
        assert not viewer.troubles, "\n".join(viewer.troubles)


def drawn(page: Page, name: str) -> list[dict[str, list[float]]]:
    """What a chart was made of: the lists and texts of each of its traces."""
    chart = page.locator("figure", has_text=name).locator(".js-plotly-plot")
    expect(chart.locator(".main-svg").first).to_be_attached()
    found: list[dict[str, list[float]]] = chart.evaluate(
        "chart => chart.data.map(one => Object.fromEntries(Object.entries(one).filter("
        "([name, value]) => Array.isArray(value) || typeof value === 'string')))"
    )
    return found
