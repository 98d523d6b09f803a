"""Whether an ensemble's deviation keeps what it promises: its parts, its coverage, and a recalibration.

Reliability and sharpness of a predictive distribution: T. Gneiting, F. Balabdaoui, A. E. Raftery, J. R. Stat. Soc. B 69,
243 (2007).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import minimize
from scipy.special import erf

from claims.uncertainty import Estimate, Redrawn
from lib.learning.errors import DISTANCE_BINS, Errors, rms

REGIONS = ("known", *DISTANCE_BINS)
"""Of the table of calibration."""


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
    # (split, nucleus)
    left_out = ~ensemble.is_learning.sel(fold=folds).values.astype(bool)
    counts = left_out.sum(axis=0)
    of_init = (grid.var(axis=1, ddof=1) * left_out).sum(axis=0)
    by_init = of_init / np.maximum(counts, 1)
    means = grid.mean(axis=1)
    centre = (means * left_out).sum(axis=0) / np.maximum(counts, 1)
    squares = ((means - centre) ** 2 * left_out).sum(axis=0)
    of_means = squares / np.maximum(counts - 1, 1)
    # a share 1 / inits of the variance between initialisations is in it
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


def coverage(
    errors: np.ndarray,
    deviations: np.ndarray,
    width: float = 1.0,
) -> Estimate:
    """Share of nuclei whose error is within ``width`` deviations, with its bootstrap error; both (nucleus,).

    Nuclei with a NaN are left out.  The error takes the nuclei as independent, which neighbours are not.

    Raises
    ------
    ValueError
        if no nucleus is left.
    """
    finite = np.isfinite(errors) & np.isfinite(deviations)
    inside = np.abs(errors[finite]) <= width * deviations[finite]
    if not len(inside):
        raise ValueError("no nucleus has error and σ: widen the selection")
    share = float(inside.mean())
    # drawn again, the number of nuclei inside is binomial
    return Estimate(share, float(np.sqrt(share * (1 - share) / len(inside))))


def reliability(errors, deviations, widths) -> pd.DataFrame:
    """Reliability curve: share of nuclei within so many deviations, against the share that a normal law expects.

    Returns
    -------
    pd.DataFrame
        over ``width``: ``expected`` and ``observed`` shares, ``bootstrap_error`` of the latter.
    """
    rows = {}
    for width in widths:
        found = coverage(errors, deviations, width)
        expected = float(normal_coverage(width))
        rows[float(width)] = expected, found.value, found.error
    columns = ["expected", "observed", "bootstrap_error"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("width")


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
    :attr:`lib.learning.errors.Errors.held_out` in the known region.

    Raises
    ------
    ValueError
        if fewer than ten nuclei have an error and a positive deviation.
    """
    usable = _usable(errors, deviations)
    squares, variances = errors[usable] ** 2, deviations[usable] ** 2
    # in units of the mean squares, with logarithms as unknowns
    scale, mean = squares.mean(), variances.mean()

    def cost(logs):
        floor, factor = np.exp(logs)
        variance = floor + factor * variances / mean
        return float(np.mean(np.log(variance) + squares / scale / variance))

    starts = ((np.log(0.5), np.log(0.5)), (-8, 0), (0, -8))
    fits = [minimize(cost, start, bounds=[(-25, 10)] * 2) for start in starts]
    floor, factor = np.exp(min(fits, key=lambda fit: fit.fun).x)
    floor, factor = np.sqrt(floor * scale), np.sqrt(factor * scale / mean)
    return Recalibration(float(floor), float(factor))


def _usable(errors: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    usable = np.isfinite(errors) & np.isfinite(deviations) & (np.nan_to_num(deviations) > 0)
    if usable.sum() < 10:
        raise ValueError(
            f"{int(usable.sum())} nuclei are too few to recalibrate: give at least 10 with positive deviations",
        )
    return usable


class Calibration:
    """Errors and deviations of an ensemble that may be compared, MeV, (nucleus,), and the recalibration by the known ones.

    In the known region they are those of members that have not learnt the nucleus; NaN where fewer than two splits left
    it out.
    """

    def __init__(self, errors: Errors):
        self.errors = errors
        self.error, self.redrawn = errors.held_out, Redrawn(errors, "held_out")
        self.deviation = out_of_sample_deviation(errors.ensemble)

    @cached_property
    def fit(self) -> Recalibration:
        """:func:`recalibrate` on the known nuclei."""
        known = self.errors.known
        return recalibrate(self.error[known], self.deviation[known])

    @cached_property
    def recalibrated(self) -> np.ndarray:
        """The deviations after :attr:`fit`."""
        return self.fit(self.deviation)

    def row(self, mask: np.ndarray) -> dict[str, int | float | Estimate]:
        """What is promised and what is kept over some nuclei, boolean (nucleus,), that have an error and a deviation.

        Their number (``nuclei``), the rms ``error`` with its own error, the rms of ``σ``, and the shares
        within one and two of it (``in 1σ``, ``in 2σ``); the same with the recalibrated ``σ'``.  MeV.
        """
        mask = mask & np.isfinite(self.error) & np.isfinite(self.deviation)
        error = self.error[mask]
        row = {"nuclei": int(mask.sum()), "error": self.redrawn.rms(mask)}
        for name, all_of in (("σ", self.deviation), ("σ'", self.recalibrated)):
            deviation = all_of[mask]
            row[name] = rms(deviation)
            for width in (1, 2):
                share = coverage(error, deviation, width).value
                row[f"in {width}{name}"] = share
        return row


def calibration_table(calibrations: Mapping[str, Calibration], regions: Collection[str] = REGIONS) -> pd.DataFrame:
    """:meth:`Calibration.row` of some networks in some regions, over network id and region."""
    rows = {
        (id, region): calibration.row(mask)
        for id, calibration in calibrations.items()
        for region, mask in calibration.errors.regions.items()
        if region in regions
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["network", "region"])


def parts_curve(errors: Errors, distances: Iterable[int]) -> pd.DataFrame:
    """Root mean variances by the split and by the initialisation at some distances: ``split_MeV``, ``initialisation_MeV``.

    NaN where the unbiased part of the splits comes out negative.
    """
    by_split, by_init = deviation_parts(errors.ensemble)
    rows = {}
    for d in distances:
        here = errors.d == d
        split, init = by_split[here].mean(), by_init[here].mean()
        rows[int(d)] = {
            "split_MeV": np.sqrt(split) if split >= 0 else np.nan,
            "initialisation_MeV": np.sqrt(init),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("distance")


def split_share(errors: Errors, mask: np.ndarray) -> float:
    """Share of the members' variance that is by the split, over some nuclei, boolean (nucleus,)."""
    by_split, by_init = deviation_parts(errors.ensemble)
    split = max(by_split[mask].mean(), 0)
    return float(split / (split + by_init[mask].mean()))
