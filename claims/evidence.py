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
from lib.learning.errors import mean_error
from lib.learning.known_region import measured_masses
from lib.learning.table_one import CORRECTING, DENSITY, TABLE_I

GE78, GE96 = (32, 46), (32, 64)
BOUNDS_FM = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0)
"""Bounds of the subsections of Fig. 2; the paper does not list its own."""
DRIP_WIDTH = 8
"""Near the neutron drip line is less than so many neutrons from the last even isotope that is bound: its last four, as far
as they are unknown."""
DEFICIENT_WIDTH = 6
"""Neutron-deficient is an isotope with less than so many neutrons more than the lightest measured one."""
THIRDS = {"light": (8, 38), "medium": (40, 68), "heavy": (70, 100)}
"""Proton numbers of light, medium and heavy nuclei."""


@dataclass
class Evidence:
    """What the claims are judged by: the eleven ensembles, and what follows from them.

    ``minimum_nuclei`` is the least number of nuclei of a distance that counts.
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

    def error(self, id: str) -> np.ndarray:
        """Error of an ensemble's mean, MeV, (nucleus,)."""
        return mean_error(self.ensembles[id])

    def nuclei(self, id: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Z, N, distance and known (boolean) of the nuclei of an ensemble, each (nucleus,)."""
        ensemble = self.ensembles[id]
        return ensemble.Z.values, ensemble.N.values, ensemble.distance.values, ensemble.known.values.astype(bool)

    def known_rms(self, id: str) -> Estimate:
        """rms error of the mean in the known region, MeV, with the bootstrap error over isotopic chains."""
        return self.chain_rms(id, self.nuclei(CORRECTING[0] if id == "PC-PK1" else id)[3])

    def chain_rms(self, id: str, chosen: np.ndarray) -> Estimate:
        """rms error of some nuclei, boolean (nucleus,), MeV, with the bootstrap error over isotopic chains.

        ``"PC-PK1"``: the bare difference of the functionals.
        """
        error = self.target() if id == "PC-PK1" else self.error(id)
        return rms_estimate(error[chosen], groups=self.nuclei(CORRECTING[0] if id == "PC-PK1" else id)[0][chosen])

    def curve(self, id: str) -> pd.DataFrame:
        """:func:`claims.uncertainty.distance_curve` of an ensemble; of ``"PC-PK1"`` the bare difference of the functionals.

        The bootstrap errors are over isotopic chains.
        """
        if id not in self._curves:
            source = CORRECTING[0] if id == "PC-PK1" else id
            error = self.target() if id == "PC-PK1" else self.error(id)
            Z, _, d, _ = self.nuclei(source)
            self._curves[id] = distance_curve(error, d, self.minimum_nuclei, Z)
        return self._curves[id]

    def target(self) -> np.ndarray:
        """E(PC-F1) - E(PC-PK1) in MeV, (nucleus,)."""
        return self.ensembles[CORRECTING[0]].energy.values

    def far_rms(self, id: str, low: int = 22, high: int = 30) -> Estimate:
        """rms error over the distances from ``low`` to ``high``, as :meth:`chain_rms`."""
        d = self.nuclei(CORRECTING[0] if id == "PC-PK1" else id)[2]
        return self.chain_rms(id, (d >= low) & (d <= high))

    @cached_property
    def profiles(self) -> dict[str, dict[tuple[int, int], Profile]]:
        """Profiles of germanium-78 and -96 by network."""
        return {id: profiles(id, [GE78, GE96], self.ensembles[id]) for id in DENSITY}

    def near_drip_line(self, id: str) -> np.ndarray:
        """Unknown nuclei (d > 0) less than :data:`DRIP_WIDTH` neutrons from the last bound isotope, where that is below N = 156.

        Boolean, (nucleus,).  For the correcting networks bound means bound by both functionals.
        """
        _, N, d, _ = self.nuclei(id)
        last = self.last_isotope(id)
        return (last < 156) & (N > last - DRIP_WIDTH) & (d > 0)

    def last_isotope(self, id: str) -> np.ndarray:
        """Neutron number of the last bound isotope of each nucleus's element, (nucleus,)."""
        Z, N, _, _ = self.nuclei(id)
        return pd.Series(N, index=Z).groupby(level=0).max().loc[Z].to_numpy()


def neutron_deficient(Z: np.ndarray, N: np.ndarray) -> np.ndarray:
    """Isotopes with less than :data:`DEFICIENT_WIDTH` neutrons more than the lightest measured one, boolean (nucleus,)."""
    lightest = measured_masses().groupby("Z").N.min().loc[Z].to_numpy()
    return lightest + DEFICIENT_WIDTH > N
