"""Breaking any one rule of NSE's tables makes them differ from what happened.

Each case breaks one rule in the source, makes the tables named, and finds that every one of them
differs, or that it cannot be made. Rules on single rows and between tables are broken in the tests
of checks, audits and marts. The cases are in rules/of_nse.py; the first of each module is run each
time, the others by `make test-all`.
"""

import pyarrow as pa
import pytest
from end_to_end.breaking import broken, module_of
from end_to_end.rules.of_nse import DOCUMENT_RULES, INSTRUMENT_RULES, PRICE_RULES, NseCase
from spark.frames import Frames
from support import one_sail
from support.exhaustive import first_of_each
from support.nse_market import NseMarket

CASES = (*DOCUMENT_RULES, *INSTRUMENT_RULES, *PRICE_RULES)
TABLES = list(dict.fromkeys(table for case in CASES for table in case.tables))


@pytest.fixture(scope="module")
def nse() -> NseMarket:
    return NseMarket(Frames(one_sail.engine()._start()))


def differs(nse: NseMarket, table: str) -> bool:
    try:
        return nse.differs(table)
    except pa.ArrowInvalid:
        return True


@pytest.mark.parametrize("table", TABLES)
def test_unbroken_rules_give_what_happened(nse: NseMarket, table: str) -> None:
    assert not nse.differs(table)


@pytest.mark.parametrize("case", first_of_each(CASES, module_of), ids=lambda case: case.says)
def test_a_broken_rule_shows(case: NseCase, nse: NseMarket) -> None:
    nse.months  # noqa: B018 - made by the rules as they are
    with broken(case.rule):
        equal = [table for table in case.tables if not differs(nse, table)]
    assert equal == []
