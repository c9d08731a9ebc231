"""Least squares whose result is the same to the last bit wherever it runs.

BLAS divides sums among its threads, of which Spark's workers have one and other processes as many
as the machine has processors. Here sums are in one order. What is regressed does not belong here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from indextracker_numerics.sampling import Floats


class Fit(NamedTuple):
    """A regression.

    Attributes:
        coefficients: Shape (k, m).
        residuals: Shape (n, m).
        inverse: Of the regressors' products: times the variance of a residual it is the covariance
            of its coefficients. Shape (k, k).
    """

    coefficients: Floats
    residuals: Floats
    inverse: Floats


def dot(one: Floats, other: Floats) -> float:
    """Sum of products, both of shape (n,)."""
    return float(np.sum(one * other))


def product(one: Floats, other: Floats) -> Floats:
    """Product of matrices of shapes (n, k) and (k, m)."""
    return np.asarray(np.einsum("nk,km->nm", one, other))


def centred(values: Floats) -> Floats:
    """Columns less their means: what is regressed on others so has a constant."""
    return np.asarray(values - values.mean(axis=0))


def least_squares(regressors: Floats, values: Floats) -> Fit | None:
    """A regression without a constant, by normal equations of columns scaled to one size.

    Args:
        regressors: Not to be close to collinear, shape (n, k).
        values: Shape (n, m).

    Returns:
        None where the regressors are collinear.
    """
    scale = np.sqrt(np.sum(regressors**2, axis=0))
    if not scale.all():
        return None
    scaled = regressors / scale
    try:
        inverse = np.asarray(np.linalg.inv(product(scaled.T, scaled)), np.float64)
    except np.linalg.LinAlgError:
        return None
    found = product(inverse, product(scaled.T, values))
    residuals = values - product(scaled, found)
    return Fit(found / scale[:, None], residuals, inverse / np.outer(scale, scale))
