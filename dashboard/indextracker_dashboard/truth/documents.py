"""The grid of documents, sessions by feeds, and all answers for one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker_catalogue.shared.deliveries import COMPLETE
from indextracker_dashboard import controls, links
from indextracker_dashboard.data import Data
from indextracker_dashboard.truth import asked
from indextracker_dashboard.truth.state import TruthState, link

# A sign and a word for each state: no colour is needed to tell them apart.
SIGNS = {
    "accepted": ("✓", "there"),
    "closed": ("□", "closed: no session"),
    "never": ("∅", "never published"),
    "not_yet": ("…", "not published yet"),
    "partial": ("◐", "a part of it"),
    "blocked": ("⊘", "blocked"),
    "refused": ("✗", "refused"),
    "missing": ("?", "missing"),
    "gone": ("†", "deleted by the publisher"),
    "unasked": ("○", "not asked for yet"),
}
# From so few sessions on, how long a document is still kept is told in the grid.
SOON = 5
# What has longer is counted, and not named above the grid.
NEAR, SHOWN_EXPIRING = 10, 5

Row = dict[str, Any]


def body(state: TruthState, data: Data) -> Component:
    """The part of the page."""
    found = data.ask(asked.states, state.of.name, state.until, state.count)
    rows: list[Row] = found.arrow().to_pylist()
    lines = list(dict.fromkeys(row["timeline"] for row in rows))
    return html.Div(
        [
            _selected(state, data, rows),
            _summary(rows),
            _expiring(state, data),
            *(_matrix(state, line, [r for r in rows if r["timeline"] == line]) for line in lines),
            _legend(rows),
        ]
    )


def _summary(rows: Sequence[Row]) -> Component:
    states = Counter(row["state"] for row in rows)
    wanted = len(rows) - states["closed"] - states["never"]
    missing = sum(number for state, number in states.items() if state not in COMPLETE)
    return html.P(
        [
            html.Strong(f"{states['accepted']:,} of {wanted:,} documents are there"),
            f"; {missing:,} are missing. " if missing else ", and none is missing. ",
            "Each cell leads to the reason of its state and to all answers of the publisher.",
        ]
    )


def _expiring(state: TruthState, data: Data) -> Component:
    found = data.ask(asked.states, state.of.name, state.until, state.count)
    rows: list[Row] = asked.expiring(found).to_pylist()
    if not rows:
        return html.Div()
    groups: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row["days_left"], row["key"]), []).append(row["feed"])
    shown = [
        html.Li(
            [
                f"{key}, {'the last session' if left == 1 else f'{left} sessions left'}: ",
                *_joined(link(state, feed, key=key, feed=feed) for feed in feeds),
            ]
        )
        for (left, key), feeds in list(groups.items())[:SHOWN_EXPIRING]
        if left <= NEAR
    ]
    more = len(groups) - len(shown)
    longer = f"What is missing of {more:,} {'more ' if shown else ''}sessions is kept for longer."
    if not shown:
        return html.P(f"{longer} None is deleted within {NEAR} sessions.")
    said = []
    if data.lakehouse.world == "simulated":
        said = [
            html.P(
                "These are the rules of the real publisher: a simulated one keeps what it has, "
                "unless it was started with a window."
            )
        ]
    return html.Section(
        [
            html.H2("The publisher will delete what is missing here"),
            *said,
            html.Ul(shown, className="plain"),
            html.P(longer) if more else None,
        ]
    )


def _joined(shown: Iterable[Component]) -> list[Any]:
    """Components with commas between them."""
    return [part for one in shown for part in (", ", one)][1:]


def _matrix(state: TruthState, line: str, rows: Sequence[Row]) -> Component:
    feeds = list(dict.fromkeys(row["feed"] for row in rows))
    keys = list(dict.fromkeys(row["key"] for row in rows))
    cells = {(row["key"], row["feed"]): row for row in rows}
    title = (
        f"{line}: {len(keys)} from {keys[0]} to {keys[-1]}"
        if len(keys) > 1
        else f"{line}: {keys[0]}"
    )
    head = html.Thead(
        html.Tr(
            [
                html.Th("", scope="col"),
                *(html.Th(html.Span(feed.replace("_", " ")), scope="col") for feed in feeds),
            ]
        )
    )
    lines = [
        html.Tr(
            [
                html.Th(link(state, key, key=key, feed="", view="checks"), scope="row"),
                *(html.Td(_cell(state, cells[key, feed])) for feed in feeds),
            ]
        )
        for key in reversed(keys)
    ]
    table = html.Table([head, html.Tbody(lines)], className="matrix")
    return html.Section(
        [
            html.H2(title),
            html.Div(
                table, className="scrolled", tabIndex="0", role="region", **controls.aria(title)
            ),
        ]
    )


def _cell(state: TruthState, row: Row) -> Component:
    sign, word = SIGNS[row["state"]]
    left = row["days_left"]
    complete = row["state"] in COMPLETE
    kept = (
        "" if left is None else f", kept for {left} more sessions" if left else ", deleted by now"
    )
    soon = [html.Small(f" {left} left")] if left and left <= SOON and not complete else []
    here = " here" if (row["key"], row["feed"]) == (state.key, state.feed) else ""
    kind = "is-there" if row["state"] == "accepted" else "is-complete" if complete else "is-missing"
    if row["state"] == "not_yet":
        kind = "is-complete"
    return link(
        state,
        [
            html.Span(sign),
            html.Span(f"{row['feed']} {row['key']}: {word}", className="hidden"),
            *soon,
        ],
        title=f"{row['feed']}, {row['key']}: {word}{kept}",
        classes=f"cell {kind}{here}",
        key=row["key"],
        feed=row["feed"],
    )


def _legend(rows: Sequence[Row]) -> Component:
    used = Counter(row["state"] for row in rows)
    return html.Ul(
        [
            html.Li([html.Span(sign, className="sign"), f" {word} ({used[state]:,})"])
            for state, (sign, word) in SIGNS.items()
            if used[state]
        ],
        className="legend",
        **controls.aria("What the signs mean"),
    )


def _selected(state: TruthState, data: Data, rows: Sequence[Row]) -> Component:
    """The cell that is looked at, with all answers."""
    if not (state.key and state.feed):
        return html.Div()
    row = next((r for r in rows if (r["key"], r["feed"]) == (state.key, state.feed)), None)
    told: list[Row] = data.ask(asked.answers, state.feed, state.key).arrow().to_pylist()
    facts: list[Any] = []
    if row is not None:
        sign, word = SIGNS[row["state"]]
        facts = [html.Dt("State"), html.Dd(f"{sign} {word}")]
        if row["reason"]:
            facts += [html.Dt("Reason"), html.Dd(row["reason"])]
        if row["days_left"] is not None:
            facts += [html.Dt("Kept by the publisher"), html.Dd(_kept(row["days_left"]))]
    answers = [answer(one) for one in told]
    return html.Section(
        [
            html.H2(f"{state.feed} of {state.key}"),
            html.Dl(facts, className="facts") if facts else None,
            html.H3(f"{len(told)} answer{'' if len(told) == 1 else 's'}, the newest first"),
            *(answers or [html.P("It was never asked for.")]),
            html.P(
                [
                    link(state, "What checks find in this session", view="checks", feed=""),
                    " · ",
                    link(state, "Close", key="", feed=""),
                ]
            ),
        ],
        className="selected",
    )


def _kept(left: int) -> str:
    if not left:
        return "deleted by now, by the publisher's rule"
    if left == 1:
        return "until the next session's document comes"
    return f"for {left} more sessions"


def answer(row: Row) -> Component:
    """A document, or what came in its place, with where it came from and where it lies."""
    sign, word = SIGNS[row["state"]]
    facts: list[tuple[str, Any]] = [("Answer", f"{sign} {word}")]
    if row["reason"]:
        facts.append(("Reason", row["reason"]))
    facts.append(("Fetched", f"{row['fetched_at']:%Y-%m-%d %H:%M:%S} UTC"))
    if row["published_at"]:
        facts.append(("Published", f"{row['published_at']:%Y-%m-%d %H:%M:%S} UTC"))
    if row["name"]:
        facts.append(("Name", row["name"]))
    if row["url"]:
        facts.append(("Address", links.outside(row["url"], row["url"])))
    if row["bytes"] is not None:
        facts.append(("Size", f"{row['bytes']:,} bytes"))
    if row["sha256"]:
        facts.append(("SHA-256", html.Code(row["sha256"])))
        facts.append(("Kept in", html.Code(row["landing"])))
    listed = [part for name, value in facts for part in (html.Dt(name), html.Dd(value))]
    return html.Dl(listed, className="facts document")
