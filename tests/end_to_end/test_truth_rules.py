"""Breaking any one rule of time, contracts, volume or bars makes the lake differ from the truth.

Each case breaks one rule in the source, runs the jobs of the tables named, and finds that every
one of them differs. The cases are in rules/; the first of each module is run each time, the others
by `make test-all`.
"""

from pathlib import Path

import pytest
from end_to_end.breaking import broken, module_of
from end_to_end.rules.case import CONTRACTS, Case
from end_to_end.rules.of_bars import BAR_RULES
from end_to_end.rules.of_contracts import CONTRACT_RULES
from end_to_end.rules.of_others import ETF_RULES, OPTION_RULES, REPORT_RULES
from end_to_end.rules.of_time import TIME
from support.exhaustive import first_of_each
from support.market import THIRD_WEDNESDAY, TRUE_TABLES, Market

from indextracker.building.jobs import JOBS

CASES = (*TIME, *CONTRACT_RULES, *BAR_RULES, *OPTION_RULES, *ETF_RULES, *REPORT_RULES)
# silver/contracts follows from these two, which follow from the calendar.
BEFORE_JOBS = ("indextracker.feeds.", "indextracker.calendars", "indextracker.building.")
CALENDAR_JOBS = ("silver/expiries", "silver/expire_codes")


def jobs_of(tables: tuple[str, ...]) -> list[str]:
    """The jobs that write the tables, in the order in which data flows."""
    wanted = (*CALENDAR_JOBS, *tables) if CONTRACTS in tables else tables
    return [name for name, job in JOBS.items() if job.writes.path in wanted]


def test_running_the_jobs_again_changes_nothing(market: Market, tmp_path: Path) -> None:
    copy = market.copied(tmp_path / "lake")
    copy.renew_bronze(THIRD_WEDNESDAY)
    copy.renew_references()
    copy.run(jobs_of(TRUE_TABLES), [THIRD_WEDNESDAY])
    assert [table for table in TRUE_TABLES if copy.differences(table, THIRD_WEDNESDAY)] == []


def test_every_rule_is_found() -> None:
    """What moves or rewrites a rule is told here, before any job is run."""
    for case in CASES:
        case.rule.broken()


@pytest.mark.parametrize("case", first_of_each(CASES, module_of), ids=lambda case: case.says)
def test_a_broken_rule_shows(case: Case, market: Market, tmp_path: Path) -> None:
    copy = market.copied(tmp_path / "lake")
    with broken(case.rule):
        if case.rule.module.startswith(BEFORE_JOBS):
            copy.renew_bronze(case.session)
            copy.renew_references()
        copy.run(jobs_of(case.tables), [case.session])
    equal = [table for table in case.tables if not copy.differences(table, case.session)]
    assert equal == []
