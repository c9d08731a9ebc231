"""Smiles in the raw SVI form: the paper's example, derivatives, and fits with and without noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indextracker_numerics import svi
from indextracker_numerics.black76 import premium
from indextracker_numerics.svi import Raw, crossedness, density_factor, fit, slope, total_variance

# A. Vogt's example, Gatheral and Jacquier (2014), section 3.2, equation (3.7).
VOGT = Raw(a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153)
ALONG = np.linspace(-1.5, 1.5, 301)

smiles = st.builds(
    Raw,
    a=st.floats(0.001, 0.1),
    b=st.floats(0.01, 0.5),
    rho=st.floats(-0.9, 0.9),
    m=st.floats(-0.2, 0.2),
    sigma=st.floats(0.05, 0.6),
)


def test_the_example_of_the_paper_has_a_butterfly_arbitrage() -> None:
    """Its figure 1: total variance is above zero, and the density below it near k = 0.9."""
    assert (total_variance(VOGT, ALONG) > 0).all()
    g = density_factor(VOGT, ALONG)
    assert g.min() < 0
    negative = ALONG[g < 0]
    assert 0.6 < negative.min() < 0.9 < negative.max()
    assert ALONG[g.argmin()] == pytest.approx(0.9, abs=0.05)


def test_the_density_factor_is_that_of_finite_differences() -> None:
    """g by the second derivative of prices: density = g exp(-d2^2 / 2) / sqrt(2 pi w)."""
    smile = Raw(0.02, 0.15, -0.4, 0.05, 0.2)
    strike, step = np.linspace(0.5, 1.8, 40), 1e-3

    def price(k: np.ndarray) -> np.ndarray:
        return premium(1.0, k, 1.0, np.sqrt(total_variance(smile, np.log(k))), call=True)

    density = (price(strike + step) - 2 * price(strike) + price(strike - step)) / step**2
    k = np.log(strike)
    w = total_variance(smile, k)
    lower = -k / np.sqrt(w) - np.sqrt(w) / 2
    expected = density * strike * np.sqrt(2 * np.pi * w) * np.exp(lower**2 / 2)
    assert density_factor(smile, k) == pytest.approx(expected, abs=1e-3)


@given(smiles)
def test_the_slope_is_the_derivative(smile: Raw) -> None:
    k, step = np.linspace(-1, 1, 9), 1e-6
    rise = total_variance(smile, k + step) - total_variance(smile, k - step)
    assert slope(smile, k) == pytest.approx(rise / (2 * step), abs=1e-8)


def test_crossing_is_measured_where_the_earlier_one_is_above() -> None:
    assert crossedness(np.array([1.0, 3.0, 2.0]), np.array([2.0, 2.5, 2.0])) == 0.5
    assert crossedness(np.array([1.0, 2.0]), np.array([2.0, 2.0])) == 0.0


@settings(max_examples=25, deadline=None)
@given(smiles)
def test_points_of_a_smile_give_it_back(smile: Raw) -> None:
    """As total variances, to the grid's last step: parameters may trade off against each other."""
    k = np.linspace(-0.6, 0.6, 25)
    w = total_variance(smile, k)
    if (density_factor(smile, k) < 0).any():
        return
    found = total_variance(fit(k, w, np.ones_like(k), k), k)
    assert found == pytest.approx(w, abs=0.002 * (w.max() - w.min()))


def test_the_paper_s_points_are_fitted_without_their_arbitrage() -> None:
    """Freely to the grid's last step; under constraints beside them, with a density everywhere.

    The paper's own repair of the example moves total variance by up to some 0.02 (its figure 4).
    """
    k = np.linspace(-1.5, 1.5, 61)
    w = total_variance(VOGT, k)
    free = svi._quasi_explicit(k, w, np.ones_like(k))
    assert total_variance(free, k) == pytest.approx(w, abs=1e-4)
    repaired = fit(k, w, np.ones_like(k), k)
    assert density_factor(repaired, k).min() >= 0
    assert total_variance(repaired, k) == pytest.approx(w, abs=0.02)


def test_a_smile_stays_above_the_earlier_one() -> None:
    k = np.linspace(-0.3, 0.3, 21)
    earlier = total_variance(Raw(0.010, 0.05, -0.3, 0.0, 0.1), k)
    # What the later expiry costs is below the earlier one on the left.
    w = total_variance(Raw(0.011, 0.045, 0.1, 0.0, 0.1), k)
    assert crossedness(earlier, w) > 0.001
    found = fit(k, w, np.ones_like(k), k, earlier)
    assert crossedness(earlier, total_variance(found, k)) == 0.0
    assert density_factor(found, k).min() >= 0


def test_one_wrong_price_among_twenty_hardly_moves_a_smile() -> None:
    smile = Raw(0.01, 0.1, -0.4, 0.0, 0.1)
    k = np.linspace(-0.2, 0.2, 20)
    w = total_variance(smile, k)
    wrong = w.copy()
    wrong[12] *= 2
    found = total_variance(fit(k, wrong, np.ones_like(k), k), k)
    others = np.delete(np.arange(20), 12)
    assert found[others] == pytest.approx(w[others], rel=0.06)


def test_five_strikes_are_too_few() -> None:
    k = np.array([-0.2, -0.1, 0.0, 0.1, 0.2, 0.2])
    with pytest.raises(ValueError, match="5 strikes do not tell a smile: it takes 6"):
        fit(k, np.full(6, 0.04), np.ones(6), k)
