"""A lake of sessions with up to forty events each, all that figures after news are computed of."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from indextracker.building.jobs import JOBS
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
from support.good_rows import rows

STUDY = JOBS["gold/sentiment_returns"]
SHARES, SESSIONS = 40, 31
# From few events of a session to all, so that sessions weigh differently.
_TOLD_A, _TOLD_B = 1.5, 1
# News of the evening before; the others come while the exchange is open.
_EARLY = 0.8


def studied_lake(root: Path) -> Lake:
    """The lake, in which the study itself has not been run; equal wherever it is made."""
    random = np.random.default_rng(6_204)
    sessions = [date(2024, 1, 1) + timedelta(days=n) for n in range(SESSIONS)]
    shares = [{"symbol": f"S{n}", "instrument_id": f"S{n}"} for n in range(SHARES)]
    of_shares = [share | {"session_date": session} for session in sessions[:-1] for share in shares]
    scores, moves = random.uniform(-1, 1, len(of_shares)), random.normal(0, 0.02, len(of_shares))
    busy = np.repeat(random.beta(_TOLD_A, _TOLD_B, SESSIONS - 1), SHARES)
    is_told, is_early = random.random(len(of_shares)) < busy, random.random(len(of_shares)) < _EARLY
    changes = {
        "silver/news_days": [
            {"day": day, "session_date": day, "next_session_date": following}
            for day, following in pairwise(sessions)
        ],
        "gold/news_sentiment_daily": [
            row | {"sentiment": score, "sentiment_before_open": score if early else None}
            for row, score, told, early in zip(of_shares, scores, is_told, is_early, strict=True)
            if told
        ],
        "gold/equity_returns": [
            row | {"return_1": move} for row, move in zip(of_shares, moves, strict=True)
        ],
    }
    lake = Lake(str(root), "simulated")
    lake.ensure([STUDY.writes, *STUDY.reads])
    for path, changed in changes.items():
        table = TABLES[path]
        keys = [] if table.is_whole else [*map(str, sessions[:-1])]
        lake.replace(table, rows(table, *changed), keys)
    return lake
