"""What is said of a PostgreSQL that cannot be reached; its rows are in tests/warehouses."""

import duckdb
import pytest
from pydantic import SecretStr

from indextracker.strategies.postgresql import ResultsError, keep


@pytest.mark.parametrize("rest", ["127.0.0.1:1/results", "127.0.0.1/results?colour=blue"])
def test_an_address_where_nobody_answers_is_told_without_its_password(rest: str) -> None:
    address = SecretStr(f"postgresql://me:s3cret-of-somebody@{rest}")
    with duckdb.connect() as marts, pytest.raises(ResultsError) as caught:
        keep(address, "simulated", marts, ["a"])
    assert "the run is kept in the lake and in the warehouse" in str(caught.value)
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"
