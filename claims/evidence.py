"""What the claims are judged by: the eleven ensembles, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from claims.exact import BESIDE, prediction
from claims.profiles import Profile, profiles
from claims.uncertainty import BOTH, Estimate, Redrawn, curve_table
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
    subsections of Fig. 2.  ``drawn`` is what is drawn again for the errors of its numbers.  ``beside`` are predictions without
    a network (:mod:`claims.exact`), as ensembles of one member.
    """

    ensembles: Mapping[str, xr.Dataset]
    minimum_nuclei: int = 5
    bounds: tuple[float, ...] = BOUNDS_FM
    drawn: tuple[str, ...] = BOTH
    beside: Mapping[str, xr.Dataset] = field(default_factory=dict)
    _kept: dict = field(default_factory=dict, repr=False, init=False)

    @classmethod
    def load(
        cls,
        minimum_nuclei: int = 5,
        bounds: tuple[float, ...] = BOUNDS_FM,
        networks: tuple[str, ...] = tuple(TABLE_I),
        beside: Sequence[str] = (),
    ) -> Evidence:
        """From ``data/ensembles``, of all networks or those a figure needs, with predictions of :data:`claims.exact.BESIDE`.

        Raises what :func:`lib.learning.ensemble.load_ensemble` raises, and ``ValueError`` without a network to stand beside.
        """
        ensembles = {id: load_ensemble(id) for id in networks}
        alone = {}
        for name in beside:
            ensemble = next((ensembles[id] for id in BESIDE[name] if id in ensembles), None)
            if ensemble is None:
                raise ValueError(f"no network is beside {name!r}: take one of {', '.join(BESIDE[name])}")
            energies = prediction(name).loc[list(zip(ensemble.Z.values, ensemble.N.values, strict=True))]
            alone[name] = _of_one(ensemble, energies.to_numpy())
        return cls(ensembles, minimum_nuclei, tuple(bounds), beside=alone)

    @cached_property
    def errors(self) -> dict[str, Errors]:
        """Errors by network, of what is beside them, and of ``"PC-PK1"`` without any correction, E(PC-PK1) - E(PC-F1)."""
        found = {id: Errors(ensemble) for id, ensemble in (*self.ensembles.items(), *self.beside.items())}
        corrected = next((id for id in CORRECTING if id in found), None)
        if corrected:
            found["PC-PK1"] = Errors(_of_one(self.ensembles[corrected], 0.0))
        return found

    def only(self, what: str) -> Evidence:
        """The same, with errors by what is drawn of one kind alone, of :data:`claims.uncertainty.BOTH`."""
        return replace(self, drawn=(what,))

    @cached_property
    def chains(self) -> np.ndarray:
        """Proton numbers of all isotopic chains, which are the same in all comparisons."""
        return np.unique(np.concatenate([ensemble.Z.values for ensemble in self.ensembles.values()]))

    def redrawn(self, id: str, of: str = "error") -> Redrawn:
        """The errors of an ensemble as they are and in every draw; ``of`` as in :class:`claims.uncertainty.Redrawn`."""
        if (id, of) not in self._kept:
            self._kept[id, of] = Redrawn(self.errors[id], of, self.drawn, names=self.chains)
        return self._kept[id, of]

    def rms(self, id: str, mask: np.ndarray | None = None, of: str = "error") -> Estimate:
        """rms error of the mean, MeV; over some nuclei, boolean (nucleus,), by default those of the known region."""
        mask = self.errors[id].known if mask is None else mask
        return self.redrawn(id, of).rms(mask)

    def by_distance(self, id: str, of: str = "error") -> pd.DataFrame:
        """rms error at each distance that counts, MeV, a row for each draw: :meth:`claims.uncertainty.Redrawn.rms_by`."""
        if (id, of, "d") not in self._kept:
            d, least = self.errors[id].d, self.minimum_nuclei
            self._kept[id, of, "d"] = self.redrawn(id, of).rms_by(d, minimum_nuclei=least)
        return self._kept[id, of, "d"]

    def curve(self, id: str, of: str = "error") -> pd.DataFrame:
        """rms error over the distance, as :func:`claims.uncertainty.curve_table`."""
        return curve_table(self.by_distance(id, of), self.errors[id].d)

    @cached_property
    def profiles(self) -> dict[str, dict[tuple[int, int], Profile]]:
        """Profiles of germanium-78 and -96 by network, as they are and in every draw of the splits."""
        nuclei, found = [GE78, GE96], self.ensembles
        return {id: profiles(id, nuclei, found[id], self.drawn) for id in DENSITY}

    def profiles_of(self, nucleus: tuple[int, int], redrawn: bool = False) -> dict[str, Profile]:
        """Profiles of one of the two by network, as they are or in every draw."""
        found = {id: by_nucleus[nucleus] for id, by_nucleus in self.profiles.items()}
        return found if redrawn else {id: profile.as_it_is for id, profile in found.items()}


def _of_one(ensemble: xr.Dataset, predicted: np.ndarray | float) -> xr.Dataset:
    """An ensemble of the same nuclei with one member, which predicts this, (nucleus,) in MeV, and has learnt no nucleus."""
    nothing = ensemble[["energy", "known", "distance", "Z", "N"]]
    zero = np.zeros((1, nothing.sizes["nucleus"]))
    made = nothing.assign_coords(split=("member", [0]), fold=("fold", [0]))
    return made.assign(
        predicted_energy=(("member", "nucleus"), zero + predicted),
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
