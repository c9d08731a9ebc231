"""Documents of NSE beside each other, and moves of prices beside what explains them."""

from __future__ import annotations

from indextracker_catalogue import india as i
from indextracker_catalogue.india import terms
from indextracker_dashboard.comparisons import Comparison

DOCUMENTS = Comparison(
    name="documents",
    title="Documents of a session beside each other",
    about=(
        "Figures of a security that one document gives otherwise than the document whose figures "
        "were kept. What all documents say alike has no row."
    ),
    table=i.EQUITY_DISAGREEMENTS,
    group="figure",
    outcome="source_format",
    outcomes={},
    columns=("symbol", "series", "figure", "source_format", "value", "kept_format", "kept_value"),
)

ACTIONS = Comparison(
    name="actions",
    title="Moves of prices beside corporate actions",
    about="Opens that do not fit what corporate actions should leave of the close before.",
    table=i.CORPORATE_ACTION_SUSPECTS,
    group="series",
    outcome="class",
    outcomes={
        terms.MOVE_WITHOUT_ACTION: "the price moved as by a split, and no action explains it",
        terms.MOVE_BEYOND_ACTION: "the price moved far beyond what the action leaves",
        terms.ACTION_WITHOUT_MOVE: "an action took effect, and no move shows it",
    },
    columns=(
        "symbol",
        "series",
        "class",
        "previous_close",
        "open",
        "move",
        "factor",
        "actions",
        "reason",
    ),
)
