"""Energy density of a nucleus as an ensemble predicts it: its error along r, the integral of it, and piece by piece.

The quantities of Fig. 2 of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.interpolate import interp1d

from claims.uncertainty import splits_drawn
from lib.learning.dataset import load_dataset
from lib.learning.ensemble import load_ensemble, member_densities
from lib.learning.table_one import get_network
from lib.store import select

NEAR_FM = 0.2
"""Points of the mesh within this distance of an extremum or inflection point count as near it."""
SETTLED_SHARE = 0.1
"""A cumulative integral has settled where it stays within this share of its whole swing from its last value."""


@dataclass(frozen=True)
class Profile:
    """r^2 times the energy density of one nucleus: ``target`` and ``predicted``, the mean of an ensemble.

    ``r`` in fm, the densities in MeV/fm, each (r,); ``predicted`` may be (draw, r), as it is and by the members of every
    draw, and so may all that follows from it.
    """

    r: np.ndarray
    target: np.ndarray
    predicted: np.ndarray

    @property
    def as_it_is(self) -> Profile:
        """Without the draws."""
        return self if self.predicted.ndim == 1 else Profile(self.r, self.target, self.predicted[0])

    @property
    def difference(self) -> np.ndarray:
        """r^2 (target - predicted), MeV/fm, (r,); the sign is the paper's."""
        return self.target - self.predicted

    @property
    def cumulative(self) -> np.ndarray:
        """4 pi times the integral of :attr:`difference` from 0 to r, MeV, (r,)."""
        return 4 * np.pi * cumulative_trapezoid(self.difference, self.r, initial=0)

    def subsections(self, bounds) -> np.ndarray:
        """4 pi times the integral of :attr:`difference` between neighbouring bounds (fm), MeV, (bounds - 1,).

        Raises
        ------
        ValueError
            if the bounds are less than two, do not rise, or leave the mesh.
        """
        bounds = np.asarray(bounds, dtype=float)
        _check_bounds(bounds, self.r)
        return np.diff(interp1d(self.r, self.cumulative)(bounds))

    @property
    def minimum(self) -> float | np.ndarray:
        """The lowest value of :attr:`cumulative`, MeV."""
        return self.cumulative.min(axis=-1)

    @property
    def swing(self) -> float | np.ndarray:
        """Highest minus lowest value of :attr:`cumulative`, MeV."""
        return np.ptp(self.cumulative, axis=-1)

    @property
    def settling_radius(self) -> float | np.ndarray:
        """Radius (fm) from which :attr:`cumulative` stays within a tenth of its swing from its last value."""
        from_end = np.abs(self.cumulative - self.cumulative[..., -1:])
        outside = from_end > SETTLED_SHARE * self.swing[..., None]
        behind = len(self.r) - outside[..., ::-1].argmax(axis=-1)
        return self.r[np.where(outside.any(axis=-1), behind, 0)]

    def contrast(self) -> float | np.ndarray:
        """rms of :attr:`difference` near the extrema and inflection points of the target, over that elsewhere."""
        near, inside = landmarks(self.r, self.target)
        squares = self.difference**2
        elsewhere = squares[..., inside & ~near].mean(axis=-1)
        return np.sqrt(squares[..., near].mean(axis=-1) / elsewhere)


def _check_bounds(bounds: np.ndarray, r: np.ndarray) -> None:
    if bounds.ndim != 1 or len(bounds) < 2 or not (np.diff(bounds) > 0).all():
        raise ValueError(f"bounds = {bounds.tolist()} do not rise: give at least two radii in fm, in rising order")
    if bounds[0] < r[0] or bounds[-1] > r[-1]:
        raise ValueError(f"bounds = {bounds.tolist()} leave the mesh: take 0 to {r[-1]:g} fm")


def landmarks(r: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points near an extremum or an inflection point of a curve, and points where there is any curve, booleans (r,).

    The latter is where the curve exceeds one per cent of its maximum; the former part of it.
    """
    inside = np.abs(values) > 0.01 * np.abs(values).max()
    near = np.zeros(len(r), dtype=bool)
    for order in (1, 2):
        slope = np.gradient(values, r)
        if order == 2:
            slope = np.gradient(slope, r)
        crossing = np.flatnonzero((slope[:-1] * slope[1:] < 0) & inside[:-1] & inside[1:])
        for i in crossing:
            zero = r[i] + (r[i + 1] - r[i]) * slope[i] / (slope[i] - slope[i + 1])
            near |= np.abs(r - zero) <= NEAR_FM
    return near & inside, inside


def profiles(id: str, nuclei: list[tuple[int, int]], ensemble=None, drawn=None) -> dict[tuple[int, int], Profile]:
    """Profiles of an ensemble's mean for some nuclei (Z, N) of its data set.

    ``ensemble`` is read from ``data/ensembles`` if it is not given; ``drawn``, of :data:`claims.uncertainty.BOTH`, asks for
    the draws, too.

    Raises
    ------
    ValueError
        for a network that gives energies only, or a nucleus that its data set does not hold.
    """
    spec = get_network(id)
    if spec.output != "energy_density":
        raise ValueError(f"{id} gives energies only: take a network with the output ℰ")
    dataset = load_dataset(spec.target)
    nuclei = [(int(Z), int(N)) for Z, N in nuclei]
    for Z, N in nuclei:
        select(dataset, Z, N)
    place = {nucleus: i for i, nucleus in enumerate(zip(dataset.Z.values, dataset.N.values, strict=True))}
    chosen = dataset.isel(nucleus=[place[nucleus] for nucleus in nuclei])
    ensemble = load_ensemble(id) if ensemble is None else ensemble
    densities = member_densities(ensemble, chosen).astype(float)
    if drawn is None:
        means = densities.mean(axis=0)
    else:
        times, belongs = splits_drawn(ensemble.split.values, drawn)
        members = times @ belongs
        means = np.einsum("dm,mnr->ndr", members / members.sum(axis=1, keepdims=True), densities, optimize=True)
    r = dataset.r.values
    return {nucleus: Profile(r, chosen.energy_density.values[i], means[i]) for i, nucleus in enumerate(nuclei)}
