"""How far a number can be trusted: bootstrap errors of rms deviations, curves over the distance, and their trends.

Bootstrap: B. Efron, Ann. Statist. 7, 1 (1979).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from lib.learning.errors import rms

DRAWS = 1000
"""Bootstrap samples behind every error bar."""


@dataclass(frozen=True)
class Estimate:
    """A number with its bootstrap error, in the same unit."""

    value: float
    error: float

    def __str__(self) -> str:
        """Both with as many decimals as the error's two leading digits need, at most four: ``0.644 ± 0.021``."""
        return f"{self.value:.{self.digits}f} ± {self.error:.{self.digits}f}"

    @property
    def digits(self) -> int:
        """Decimals worth printing."""
        if not (np.isfinite(self.error) and self.error > 0):
            return 3
        return int(np.clip(1 - np.floor(np.log10(self.error)), 0, 4))


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    count: int,
    draws: int = DRAWS,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> Estimate:
    """A statistic with the standard deviation it has when the nuclei are drawn again, with replacement.

    Parameters
    ----------
    statistic
        function of the indices of the nuclei taken, integers; (count,) unless there are groups.
    count
        number of nuclei.
    groups
        (nucleus,), such as the proton numbers; whole groups are drawn instead of single nuclei.

    Raises
    ------
    ValueError
        if there is no nucleus, or less than two draws.
    """
    _check(count, draws)
    random = np.random.default_rng(seed)
    groups = np.arange(count) if groups is None else np.asarray(groups)
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    drawn = random.integers(0, len(members), (draws, len(members)))
    samples = (np.concatenate([members[i] for i in taken]) for taken in drawn)
    spread = np.nanstd([statistic(nuclei) for nuclei in samples], ddof=1)
    return Estimate(float(statistic(np.arange(count))), float(spread))


def rms_estimate(
    errors: np.ndarray,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Root mean square of errors, (nucleus,), with its bootstrap error, in their unit.

    ``groups``, (nucleus,), such as the proton numbers: whole groups are drawn instead of single nuclei, for errors that
    are alike within a group.  Values that are not finite are left out.

    Raises
    ------
    ValueError
        if there is no finite value.
    """
    errors = np.asarray(errors, dtype=float)
    finite = np.isfinite(errors)
    squares = errors[finite] ** 2
    members = np.ones(len(squares))
    if groups is not None:
        _, place = np.unique(np.asarray(groups)[finite], return_inverse=True)
        squares, members = np.bincount(place, squares), np.bincount(place)
    _check(len(squares), draws)
    random, shape = np.random.default_rng(seed), (draws, len(squares))
    drawn = random.integers(0, len(squares), shape)
    samples = np.sqrt(squares[drawn].sum(axis=1) / members[drawn].sum(axis=1))
    return Estimate(rms(errors), float(samples.std(ddof=1)))


def _check(count: int, draws: int) -> None:
    if count < 1:
        raise ValueError("no nucleus to draw from: widen the selection")
    if draws < 2:
        raise ValueError(f"draws = {draws} is out of range: give at least 2")


def distance_curve(
    errors: np.ndarray,
    distance: np.ndarray,
    minimum_nuclei: int = 5,
    groups: np.ndarray | None = None,
) -> pd.DataFrame:
    """The rms error at each distance that has at least ``minimum_nuclei`` nuclei.

    Parameters
    ----------
    errors
        MeV, (nucleus,).
    distance
        d, (nucleus,), or another number by which the nuclei are taken.
    minimum_nuclei
        as many as a distance must have.
    groups
        as in :func:`rms_estimate`.

    Returns
    -------
    pd.DataFrame
        over ``distance``: ``nuclei``, ``rms`` and its ``bootstrap_error`` in MeV.

    Raises
    ------
    ValueError
        for a minimum below one, or one that no distance meets.
    """
    values, counts = np.unique(distance, return_counts=True)
    _check_minimum(minimum_nuclei, counts)
    rows = []
    for value in values[counts >= minimum_nuclei]:
        here = distance == value
        chains = None if groups is None else np.asarray(groups)[here]
        point, nuclei = rms_estimate(errors[here], chains), int(here.sum())
        rows.append((int(value), nuclei, point.value, point.error))
    columns = ["distance", "nuclei", "rms", "bootstrap_error"]
    return pd.DataFrame(rows, columns=columns).set_index("distance")


def _check_minimum(minimum_nuclei: int, counts: np.ndarray) -> None:
    if minimum_nuclei < 1:
        raise ValueError(f"minimum_nuclei = {minimum_nuclei} is out of range: give at least 1")
    if not (counts >= minimum_nuclei).any():
        raise ValueError(
            f"minimum_nuclei = {minimum_nuclei}: no distance has so many nuclei; give at most {counts.max()}"
        )


@dataclass(frozen=True)
class Trend:
    """Spearman's rank correlation with the distance, and the chance of one as large without any trend (one-sided).

    The chance is nominal: it takes the distances as independent, while neighbouring ones share chains and networks.
    """

    correlation: float
    chance: float

    @property
    def grows(self) -> bool:
        """Whether the nominal chance is below one per cent."""
        return bool(self.chance < 0.01)


def trend(distances, values) -> Trend:
    """Whether values, such as rms errors, grow with the distance; both (distance,)."""
    result = spearmanr(distances, values, alternative="greater")
    return Trend(float(result.statistic), float(result.pvalue))
