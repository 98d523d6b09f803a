"""Errors of an ensemble: of its mean, of single members, of those that have not learnt a nucleus."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import xarray as xr


def distance_label(low: int, high: int) -> str:
    """Name of a range of the distance d, as in ``d = 2–10``; ``d > 30`` for one that ends nowhere."""
    return f"d = {low}–{high}" if high < 100 else f"d > {low - 2}"


DISTANCE_BINS = {distance_label(*bounds): bounds for bounds in ((2, 10), (12, 20), (22, 30), (32, 200))}
"""Ranges of the distance d in which errors are tabulated, by name – the lowest and the highest d of each."""


class Errors:
    """What an ensemble of :func:`lib.learning.ensemble.load_ensemble` gets wrong, prediction minus target, in MeV.

    Everything is computed when it is first asked for.  Arrays are (nucleus,) unless they say otherwise.
    """

    def __init__(self, ensemble: xr.Dataset):
        self.ensemble = ensemble

    @cached_property
    def Z(self) -> np.ndarray:
        """Proton numbers."""
        return self.ensemble.Z.values

    @cached_property
    def N(self) -> np.ndarray:
        """Neutron numbers."""
        return self.ensemble.N.values

    @cached_property
    def d(self) -> np.ndarray:
        """Distance to the known isotopes, 0 for those that are known."""
        return self.ensemble.distance.values

    @cached_property
    def known(self) -> np.ndarray:
        """Whether the mass is measured, boolean."""
        return self.ensemble.known.values.astype(bool)

    @cached_property
    def target(self) -> np.ndarray:
        """What was to be learnt, MeV."""
        return self.ensemble.energy.values

    @cached_property
    def predicted(self) -> np.ndarray:
        """What the members predict, MeV, (member, nucleus); in the precision of the file."""
        return self.ensemble.predicted_energy.values

    @cached_property
    def error(self) -> np.ndarray:
        """Error of the mean of all members, MeV."""
        return self.predicted.mean(axis=0, dtype=float) - self.target

    @cached_property
    def held_out(self) -> np.ndarray:
        """Error of the mean of those members alone that have not learnt the nucleus, MeV.

        Outside the known region these are all members; NaN for a nucleus that every member has learnt.
        """
        sums = np.where(self.learnt, 0, self.predicted.astype(float)).sum(axis=0)
        counts = (~self.learnt).sum(axis=0)
        means = sums / np.maximum(counts, 1)
        return np.where(counts > 0, means, np.nan) - self.target

    @cached_property
    def deviation(self) -> np.ndarray:
        """Standard deviation of the members, the paper's uncertainty, MeV."""
        return self.predicted.std(axis=0, ddof=1, dtype=float)

    @cached_property
    def single(self) -> np.ndarray:
        """Errors of single members, MeV, (member, nucleus)."""
        return self.predicted.astype(float) - self.target

    @cached_property
    def learnt(self) -> np.ndarray:
        """Whether a member has learnt a nucleus, boolean, (member, nucleus)."""
        folds = self.ensemble.split
        return self.ensemble.is_learning.sel(fold=folds).values.astype(bool)

    @cached_property
    def regions(self) -> dict[str, np.ndarray]:
        """Nuclei of the ``known`` region and of the :data:`DISTANCE_BINS`, booleans by name."""
        bins = {name: self.between(*ends) for name, ends in DISTANCE_BINS.items()}
        return {"known": self.known} | bins

    def between(self, low: int, high: int) -> np.ndarray:
        """Nuclei with ``low`` <= d <= ``high``, boolean."""
        return (self.d >= low) & (self.d <= high)

    def rms(self, mask: np.ndarray) -> float:
        """Root mean square error of the mean over some nuclei, boolean (nucleus,), in MeV; NaN for none."""
        return rms(self.error[mask])

    def table(self) -> dict[str, float]:
        """The rms errors of an ensemble, MeV.

        ``known``: of the mean, in the known region, which is partly learnt and partly not, as in the paper; ``learning`` and
        ``validation``: of single members, in their own sets; ``out of sample``: of the mean of members that did not learn
        the nucleus; and by :data:`DISTANCE_BINS`, of the mean.
        """
        by_region = {name: self.rms(mask) for name, mask in self.regions.items()}
        return {
            "known": by_region.pop("known"),
            "learning": rms(self.single[self.learnt]),
            "validation": rms(self.single[self.known & ~self.learnt]),
            "out of sample": rms(self.held_out[self.known]),
        } | by_region


def rms(values) -> float:
    """Root mean square of the finite values; NaN if there are none."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
