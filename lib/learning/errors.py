"""Errors of an ensemble: of its mean, of single members, of those that have not learnt a nucleus."""

from __future__ import annotations

import numpy as np
import xarray as xr

DISTANCE_BINS = ((2, 10), (12, 20), (22, 30), (32, 200))
"""Ranges of the distance d in which errors are tabulated."""


def mean_error(ensemble: xr.Dataset) -> np.ndarray:
    """Error of the ensemble's mean, MeV, (nucleus,)."""
    return ensemble.predicted_energy.values.mean(axis=0, dtype=float) - ensemble.energy.values


def out_of_sample_error(ensemble: xr.Dataset) -> np.ndarray:
    """Error of the mean over those members alone that did not learn the nucleus, MeV, (nucleus,).

    Outside the known region these are all members; NaN for a nucleus that every split has learnt.
    """
    learnt = ensemble.is_learning.sel(fold=ensemble.split).values.astype(bool)
    predicted = np.where(learnt, np.nan, ensemble.predicted_energy.values.astype(float))
    counts = (~learnt).sum(axis=0)
    sums = np.nansum(predicted, axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan) - ensemble.energy.values


def rms(values) -> float:
    """Root mean square of the finite values; NaN if there are none."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")


def rms_table(ensemble: xr.Dataset) -> dict[str, float]:
    """The rms errors of an ensemble, MeV.

    ``known``: of the mean, in the known region, which is partly learnt and partly not, as in the paper; ``learning`` and
    ``validation``: of single members, in their own sets; ``out of sample``: of the mean of members that did not learn the
    nucleus; ``d = a-b``: of the mean, by distance.
    """
    error, known, d = mean_error(ensemble), ensemble.known.values.astype(bool), ensemble.distance.values
    single = ensemble.predicted_energy.values.astype(float) - ensemble.energy.values
    learnt = ensemble.is_learning.sel(fold=ensemble.split).values.astype(bool)
    table = {
        "known": rms(error[known]),
        "learning": rms(single[learnt]),
        "validation": rms(single[known & ~learnt]),
        "out of sample": rms(out_of_sample_error(ensemble)[known]),
    }
    for low, high in DISTANCE_BINS:
        name = f"d > {low - 2}" if high >= 100 else f"d = {low}-{high}"
        table[name] = rms(error[(d >= low) & (d <= high)])
    return table
