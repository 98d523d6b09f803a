"""What the claims are judged by: the eleven ensembles, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from claims.profiles import Profile, profiles
from claims.uncertainty import Estimate, distance_curve, rms_estimate
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors
from lib.learning.known_region import measured_masses
from lib.learning.table_one import CORRECTING, DENSITY, TABLE_I

GE78, GE96 = (32, 46), (32, 64)
BOUNDS_FM = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0)
"""Bounds of the subsections of Fig. 2; the paper does not list its own."""
FAR = (22, 30)
"""Distances at which the paper quotes the error of an extrapolation "up to 30 steps"."""
DRIP_WIDTH = 8
"""Near the neutron drip line is less than so many neutrons from the last even isotope that is bound – its last four, as far
as they are unknown."""
DEFICIENT_WIDTH = 6
"""Neutron-deficient is an isotope with less than so many neutrons more than the lightest measured one."""
THIRDS = {"light": (8, 38), "medium": (40, 68), "heavy": (70, 100)}
"""Proton numbers of light, medium and heavy nuclei."""


@dataclass
class Evidence:
    """What the claims are judged by: the eleven ensembles, and what follows from them.

    ``minimum_nuclei`` is the least number of nuclei of a distance that counts; ``bounds`` (fm) are those of the
    subsections of Fig. 2.
    """

    ensembles: Mapping[str, xr.Dataset]
    minimum_nuclei: int = 5
    bounds: tuple[float, ...] = BOUNDS_FM
    _curves: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @classmethod
    def load(
        cls, minimum_nuclei: int = 5, bounds: tuple[float, ...] = BOUNDS_FM, networks: tuple[str, ...] = tuple(TABLE_I)
    ) -> Evidence:
        """From ``data/ensembles``, of all networks or those a figure needs.

        Raises what :func:`lib.learning.ensemble.load_ensemble` raises.
        """
        return cls({id: load_ensemble(id) for id in networks}, minimum_nuclei, tuple(bounds))

    @cached_property
    def errors(self) -> dict[str, Errors]:
        """Errors by network, and of ``"PC-PK1"`` without any correction, E(PC-PK1) - E(PC-F1)."""
        found = {id: Errors(ensemble) for id, ensemble in self.ensembles.items()}
        corrected = next((id for id in CORRECTING if id in found), None)
        if corrected:
            found["PC-PK1"] = Errors(_without_correction(self.ensembles[corrected]))
        return found

    def rms(self, id: str, mask: np.ndarray | None = None) -> Estimate:
        """rms error of the mean, MeV, with the bootstrap error over isotopic chains.

        Over some nuclei, boolean (nucleus,); by default those of the known region.
        """
        errors = self.errors[id]
        mask = errors.known if mask is None else mask
        return rms_estimate(errors.error[mask], groups=errors.Z[mask])

    def curve(self, id: str) -> pd.DataFrame:
        """rms error over the distance, as :func:`claims.uncertainty.distance_curve`, with chains as groups."""
        if id not in self._curves:
            errors, least = self.errors[id], self.minimum_nuclei
            self._curves[id] = distance_curve(errors.error, errors.d, least, errors.Z)
        return self._curves[id]

    @cached_property
    def profiles(self) -> dict[str, dict[tuple[int, int], Profile]]:
        """Profiles of germanium-78 and -96 by network."""
        nuclei, found = [GE78, GE96], self.ensembles
        return {id: profiles(id, nuclei, found[id]) for id in DENSITY}

    def profiles_of(self, nucleus: tuple[int, int]) -> dict[str, Profile]:
        """Profiles of one of the two by network."""
        return {id: by_nucleus[nucleus] for id, by_nucleus in self.profiles.items()}


def _without_correction(ensemble: xr.Dataset) -> xr.Dataset:
    """An ensemble of one member that predicts no correction at all, and has learnt no nucleus."""
    nothing = ensemble[["energy", "known", "distance", "Z", "N"]]
    zero = np.zeros((1, nothing.sizes["nucleus"]))
    made = nothing.assign_coords(split=("member", [0]), fold=("fold", [0]))
    return made.assign(
        predicted_energy=(("member", "nucleus"), zero),
        is_learning=(("fold", "nucleus"), zero.astype(bool)),
    )


def in_third(Z: np.ndarray, name: str) -> np.ndarray:
    """Nuclei of one of the :data:`THIRDS`, boolean (nucleus,)."""
    low, high = THIRDS[name]
    return (Z >= low) & (Z <= high)


def last_isotope(errors: Errors) -> np.ndarray:
    """Neutron number of the last bound isotope of each nucleus's element, (nucleus,)."""
    last = pd.Series(errors.N).groupby(errors.Z).max()
    return last.loc[errors.Z].to_numpy()


def near_drip_line(errors: Errors) -> np.ndarray:
    """Unknown nuclei (d > 0) less than :data:`DRIP_WIDTH` neutrons from the last bound isotope, where that is below N = 156.

    Boolean, (nucleus,).  For the correcting networks bound means bound by both functionals.
    """
    last = last_isotope(errors)
    return (last < 156) & (errors.N > last - DRIP_WIDTH) & (errors.d > 0)


def neutron_deficient(Z: np.ndarray, N: np.ndarray) -> np.ndarray:
    """Isotopes with less than :data:`DEFICIENT_WIDTH` neutrons more than the lightest measured one, boolean (nucleus,)."""
    lightest = measured_masses().groupby("Z").N.min().loc[Z].to_numpy()
    return lightest + DEFICIENT_WIDTH > N
