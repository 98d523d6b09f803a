"""How far a number can be trusted: bootstrap errors of rms deviations, and the calibration of an ensemble's deviation.

Bootstrap: B. Efron, Ann. Statist. 7, 1 (1979).  Reliability and sharpness of a predictive distribution: T. Gneiting,
F. Balabdaoui, A. E. Raftery, J. R. Stat. Soc. B 69, 243 (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import minimize
from scipy.special import erf
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
    statistic : function of the indices of the nuclei taken, integers; (count,) unless there are groups.
    count : number of nuclei.
    groups : (nucleus,), such as the proton numbers; whole groups are drawn instead of single nuclei.

    Raises
    ------
    ValueError
        if there is no nucleus, or less than two draws.
    """
    _check(count, draws)
    random = np.random.default_rng(seed)
    members = [np.array([i]) for i in range(count)]
    if groups is not None:
        members = [np.flatnonzero(np.asarray(groups) == group) for group in np.unique(groups)]
    drawn = random.integers(0, len(members), (draws, len(members)))
    values = [statistic(np.concatenate([members[i] for i in taken])) for taken in drawn]
    return Estimate(float(statistic(np.arange(count))), float(np.nanstd(values, ddof=1)))


def rms_estimate(errors: np.ndarray, groups: np.ndarray | None = None, draws: int = DRAWS, seed: int = 0) -> Estimate:
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
        squares, members = np.bincount(place, squares), np.bincount(place).astype(float)
    _check(len(squares), draws)
    drawn = np.random.default_rng(seed).integers(0, len(squares), (draws, len(squares)))
    samples = np.sqrt(squares[drawn].sum(axis=1) / members[drawn].sum(axis=1))
    return Estimate(rms(errors), float(samples.std(ddof=1)))


def _check(count: int, draws: int) -> None:
    if count < 1:
        raise ValueError("no nucleus to draw from: widen the selection")
    if draws < 2:
        raise ValueError(f"draws = {draws} is out of range: give at least 2")


def distance_curve(
    errors: np.ndarray, distance: np.ndarray, minimum_nuclei: int = 5, groups: np.ndarray | None = None
) -> pd.DataFrame:
    """The rms error at each distance that has at least ``minimum_nuclei`` nuclei.

    Parameters
    ----------
    errors : MeV, (nucleus,).
    distance : d, (nucleus,).
    groups : as in :func:`rms_estimate`.

    Returns
    -------
    ``DataFrame`` over ``distance``: ``nuclei``, ``rms`` and its ``bootstrap_error`` in MeV.

    Raises
    ------
    ValueError
        for a minimum below one, or one that no distance meets.
    """
    if minimum_nuclei < 1:
        raise ValueError(f"minimum_nuclei = {minimum_nuclei} is out of range: give at least 1")
    values, counts = np.unique(distance, return_counts=True)
    if not (counts >= minimum_nuclei).any():
        raise ValueError(
            f"minimum_nuclei = {minimum_nuclei}: no distance has so many nuclei; give at most {counts.max()}"
        )
    rows = []
    for value, count in zip(values, counts, strict=True):
        if count >= minimum_nuclei:
            here = distance == value
            estimate = rms_estimate(errors[here], None if groups is None else np.asarray(groups)[here])
            rows.append((int(value), int(count), estimate.value, estimate.error))
    return pd.DataFrame(rows, columns=["distance", "nuclei", "rms", "bootstrap_error"]).set_index("distance")


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


def deviation(ensemble: xr.Dataset) -> np.ndarray:
    """Standard deviation of the members' predicted energies, the paper's uncertainty, MeV, (nucleus,)."""
    return ensemble.predicted_energy.values.std(axis=0, ddof=1, dtype=float)


def out_of_sample_deviation(ensemble: xr.Dataset) -> np.ndarray:
    """Standard deviation that a member which did not learn the nucleus has, MeV, (nucleus,).

    The variance is that between initialisations plus that between splits, both unbiased and from the splits alone that
    left the nucleus out: all of them outside the known region.  The initialisations of a split are alike, so that the
    pooled standard deviation of few splits would come out too small.  NaN for a nucleus that fewer than two splits left
    out.

    Raises
    ------
    ValueError
        as :func:`deviation_parts`.
    """
    grid, folds = _grid(ensemble)
    inits = grid.shape[1]
    left_out = ~ensemble.is_learning.sel(fold=folds).values.astype(bool)  # (split, nucleus)
    counts = left_out.sum(axis=0)
    by_init = (grid.var(axis=1, ddof=1) * left_out).sum(axis=0) / np.maximum(counts, 1)
    means = grid.mean(axis=1)
    centre = (means * left_out).sum(axis=0) / np.maximum(counts, 1)
    of_means = ((means - centre) ** 2 * left_out).sum(axis=0) / np.maximum(counts - 1, 1)
    # the variance of the means holds a share 1 / inits of that between initialisations
    variance = of_means + by_init * (1 - 1 / inits)
    return np.where(counts > 1, np.sqrt(variance), np.nan)


def deviation_parts(ensemble: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Variance of the members by the split and by the initialisation, MeV^2, each (nucleus,).

    One-way analysis of variance with the splits as classes, unbiased: the part of the splits can come out negative where
    it is small.

    Raises
    ------
    ValueError
        if the members are not a complete grid of at least two splits by two initialisations.
    """
    grid, _ = _grid(ensemble)
    by_init = grid.var(axis=1, ddof=1).mean(axis=0)
    by_split = grid.mean(axis=1).var(axis=0, ddof=1) - by_init / grid.shape[1]
    return by_split, by_init


def _grid(ensemble: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Predicted energies as a grid, MeV, (split, init, nucleus), and the numbers of the splits, (split,)."""
    splits, inits = len(np.unique(ensemble.split)), len(np.unique(ensemble.init))
    if splits < 2 or inits < 2 or splits * inits != ensemble.sizes["member"]:
        raise ValueError(
            f"{ensemble.sizes['member']} members of {splits} splits and {inits} initialisations are no complete grid of "
            "at least 2 by 2: take a complete ensemble"
        )
    order = np.lexsort((ensemble.init.values, ensemble.split.values))
    return ensemble.predicted_energy.values[order].astype(float).reshape(splits, inits, -1), np.unique(ensemble.split)


def normal_coverage(width) -> np.ndarray:
    """Share of a normal distribution within ``width`` standard deviations of its mean: 0.683 of one, 0.954 of two."""
    return erf(np.asarray(width) / np.sqrt(2))


def coverage(errors: np.ndarray, deviations: np.ndarray, width: float = 1.0) -> Estimate:
    """Share of nuclei whose error is within ``width`` deviations, with its bootstrap error; both (nucleus,).

    Nuclei with a NaN are left out.  The error takes the nuclei as independent, which neighbours are not.

    Raises
    ------
    ValueError
        if no nucleus is left.
    """
    finite = np.isfinite(errors) & np.isfinite(deviations)
    inside = np.abs(errors[finite]) <= width * deviations[finite]
    _check(len(inside), DRAWS)
    share = float(inside.mean())
    # drawn again, the number of nuclei inside is binomial
    return Estimate(share, float(np.sqrt(share * (1 - share) / len(inside))))


def reliability(errors: np.ndarray, deviations: np.ndarray, widths: np.ndarray) -> pd.DataFrame:
    """Reliability curve: share of nuclei within so many deviations, against the share that a normal law expects.

    Returns
    -------
    ``DataFrame`` over ``width``: ``expected`` and ``observed`` shares, ``bootstrap_error`` of the latter.
    """
    rows = []
    for width in widths:
        found = coverage(errors, deviations, width)
        rows.append((float(width), float(normal_coverage(width)), found.value, found.error))
    return pd.DataFrame(rows, columns=["width", "expected", "observed", "bootstrap_error"]).set_index("width")


@dataclass(frozen=True)
class Recalibration:
    """A corrected deviation, ``sqrt(floor^2 + (factor * deviation)^2)``, in MeV."""

    floor: float
    factor: float

    def __call__(self, deviations: np.ndarray) -> np.ndarray:
        return np.sqrt(self.floor**2 + (self.factor * deviations) ** 2)


def recalibrate(errors: np.ndarray, deviations: np.ndarray) -> Recalibration:
    """The floor and the factor under which normal errors of these deviations are likeliest; both MeV, (nucleus,).

    To be fitted on nuclei that the members have not learnt, such as :func:`out_of_sample_deviation` and
    :func:`lib.learning.errors.out_of_sample_error` in the known region.

    Raises
    ------
    ValueError
        if fewer than ten nuclei have an error and a positive deviation.
    """
    usable = np.isfinite(errors) & np.isfinite(deviations) & (np.nan_to_num(deviations) > 0)
    if usable.sum() < 10:
        raise ValueError(
            f"{int(usable.sum())} nuclei are too few to recalibrate: give at least 10 with positive deviations"
        )
    squares, variances = errors[usable] ** 2, deviations[usable] ** 2
    # in units of the mean square, with the logarithms of the two variances as unknowns
    scale = squares.mean()

    def cost(logs):
        variance = np.exp(logs[0]) + np.exp(logs[1]) * variances / variances.mean()
        return float(np.mean(np.log(variance) + squares / scale / variance))

    bounds = [(-25, 10)] * 2
    fits = [minimize(cost, start, bounds=bounds) for start in ((np.log(0.5), np.log(0.5)), (-8, 0), (0, -8))]
    floor, factor = np.exp(min(fits, key=lambda fit: fit.fun).x)
    return Recalibration(float(np.sqrt(floor * scale)), float(np.sqrt(factor * scale / variances.mean())))
