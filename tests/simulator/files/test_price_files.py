"""Simulated price files: their form, and prices that are what they are drawn from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from indextracker_simulator.files import DAYS, HEADER, SECTORS, Company, company, history, write
from indextracker_simulator.files.__main__ import main
from indextracker_simulator.files.histories import OVERNIGHT

SEED = 77
DAYS_A_YEAR = len(DAYS) / 110
# A mean of independent numbers is off by more in one of fifteen thousand.
ERRORS = 4


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    files = write(tmp_path_factory.mktemp("files"), SEED, 30_000_000, 12_000_000)
    frames = [pl.read_csv(written.path, try_parse_dates=True) for written in files]
    assert len(frames) > 1
    return pl.concat(frames)


def test_files_have_the_form_of_those_that_people_share(frame: pl.DataFrame) -> None:
    assert tuple(frame.columns) == HEADER
    days = frame["date"]
    assert (str(days.min()), str(days.max())) == ("1910-01-03", "2019-12-31")
    assert days.dt.weekday().max() == 5
    tickers = frame["ticker"].unique()
    assert len(tickers) * len(DAYS) == frame.height
    assert tickers.str.contains("^[A-Z]{6}$").all()
    assert len({company(SEED, number).ticker for number in range(20_000)}) == 20_000
    assert {company(SEED, number).sector for number in range(200)} == set(SECTORS)


def test_each_day_lies_within_its_extremes(frame: pl.DataFrame) -> None:
    low, high = pl.col("low"), pl.col("high")
    inside = frame.select(
        (low > 0) & (low <= pl.min_horizontal("open", "close")),
        (high >= pl.max_horizontal("open", "close")).alias("high"),
        (pl.col("volume") > 0).alias("volume"),
    )
    assert all(column.all() for column in inside)
    assert (frame["high"] > frame["low"]).all()


def test_the_same_seed_gives_the_same_bytes_and_more_of_them_the_same_files(
    tmp_path: Path,
) -> None:
    def digests(name: str, seed: int, size: int) -> list[str]:
        files = list(write(tmp_path / name, seed, size, 5_000_000))
        return [hashlib.sha256(written.path.read_bytes()).hexdigest() for written in files]

    few = digests("few", SEED, 10_000_000)
    assert few == digests("again", SEED, 10_000_000)
    more = digests("more", SEED, 20_000_000)
    assert few[:-1] == more[: len(few) - 1] != []
    assert few[0] != digests("other", SEED + 1, 5_000_000)[0]
    assert not list(tmp_path.rglob("*.part"))


def of_kind(*, jumps: bool) -> tuple[int, Company]:
    found = ((number, company(SEED, number)) for number in range(100))
    return next((number, one) for number, one in found if bool(one.jumps) is jumps)


@pytest.mark.parametrize("jumps", [False, True])
def test_returns_have_the_moments_that_they_are_drawn_with(*, jumps: bool) -> None:
    number, of = of_kind(jumps=jumps)
    prices = history(SEED, number, of)
    returns = np.diff(np.log(prices.adj_close))
    mean = (of.drift + of.jumps * of.jump_mean) / DAYS_A_YEAR
    variance = (
        of.volatility**2 + of.jumps * (of.jump_mean**2 + of.jump_volatility**2)
    ) / DAYS_A_YEAR
    assert abs(returns.mean() - mean) < ERRORS * np.sqrt(variance / len(returns))
    squares = (returns - mean) ** 2
    assert abs(squares.mean() - variance) < ERRORS * squares.std() / np.sqrt(len(squares))
    kurtosis = (squares**2).mean() / squares.mean() ** 2
    assert bool(kurtosis > 4) is jumps
    # Rogers and Satchell, Annals of Applied Probability 1 (1991): the variance within a day, by
    # one term of the high and one of the low, whatever the drift.
    opened, high, low, closed = (
        np.log(price) for price in (prices.open, prices.high, prices.low, prices.close)
    )
    inside = (high - opened) * (high - closed) + (low - opened) * (low - closed)
    expected = (1 - OVERNIGHT) * of.volatility**2 / DAYS_A_YEAR
    assert abs(inside.mean() - expected) < ERRORS * inside.std() / np.sqrt(len(inside))


def test_dividends_are_what_adjusted_prices_leave_out() -> None:
    number, of = of_kind(jumps=False)
    prices = history(SEED, number, of)
    assert prices.adj_close[-1] == pytest.approx(prices.close[-1])
    quarters = 110 * 4 - 1  # the first day of all has no day before it
    factor = (1 - of.dividend) ** quarters
    assert prices.adj_close[0] / prices.close[0] == pytest.approx(factor)


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path), "--megabytes", "5", "--seed", str(SEED)])
    assert capsys.readouterr().out == f"{tmp_path}/SIM_1.csv: 2 companies, 8 MB\n"
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--megabytes", "0"])
