"""What a covariant functional is to the solver, and the point-coupling functionals PC-PK1 and PC-F1.

Everything here is local in r: given the densities and their Laplacians at some points, a functional returns the
interaction energy density and the potentials at the same points, and the solver asks nothing else of it.  Densities are
in fm^-3, Laplacians in fm^-5, energies in MeV.  The couplings are kept in the natural units of the publications (powers
of MeV) and converted by powers of hbar c.

Sources: P. W. Zhao et al., Phys. Rev. C 82, 054319 (2010) for PC-PK1; T. Buervenich et al., Phys. Rev. C 65, 044308
(2002) for PC-F1; Eqs. (1)-(2) of the paper for the structure of the energy density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from lib.rmf.constants import HBARC_MEV_FM

POWERS = {"a": 3, "b": 6, "g": 9, "d": 5}
"""Of hbar c that take alpha, beta, gamma, delta from MeV to MeV and fm."""


class Potentials(NamedTuple):
    """Scalar and vector potentials in MeV; the vector potentials hold no Coulomb potential."""

    scalar: np.ndarray
    """S, of both species"""
    neutron_vector: np.ndarray
    """V of the neutrons"""
    proton_vector: np.ndarray
    """V of the protons"""


@runtime_checkable
class Functional(Protocol):
    """What the solver needs of a functional: anything with these attributes and methods is one."""

    name: str
    """what data sets and pictures call it"""
    nucleon_mass: float
    """MeV"""
    reference: str
    """key in the book's list of references, or empty"""

    def interaction_energy_density(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV) -> np.ndarray:
        """Interaction part of the energy density, MeV fm^-3, of densities (fm^-3) and Laplacians (fm^-5) of one shape."""

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV) -> Potentials:
        """Functional derivatives of the interaction energy, MeV."""

    def pairing_strength(self, particle: str) -> float:
        """Strength of the zero-range pairing force in MeV fm^3 for ``"n"`` or ``"p"``."""


@dataclass(frozen=True)
class PointCoupling:
    """Couplings of a point-coupling covariant energy density functional.

    ``alpha_*`` in MeV^-2, ``beta_S`` in MeV^-5, ``gamma_*`` in MeV^-8, ``delta_*`` in MeV^-4, ``nucleon_mass`` in MeV,
    pairing strengths of the zero-range force in MeV fm^3.
    """

    name: str
    alpha_S: float
    beta_S: float
    gamma_S: float
    delta_S: float
    alpha_V: float
    gamma_V: float
    delta_V: float
    alpha_TV: float
    delta_TV: float
    pairing_strength_n: float
    pairing_strength_p: float
    nucleon_mass: float = 939.0
    reference: str = ""

    def fm(self, coupling: str) -> float:
        """A coupling in units of MeV and fm.

        A product of k densities (fm^-3) and m derivatives (fm^-1) must give MeV fm^-3, hence the powers of hbar c:
        ``alpha`` MeV fm^3, ``beta`` MeV fm^6, ``gamma`` MeV fm^9, ``delta`` MeV fm^5.
        """
        return getattr(self, coupling) * HBARC_MEV_FM ** POWERS[coupling[0]]

    def interaction_energy_density(  # MeV fm^-3
        self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV
    ):
        """Interaction part of the energy density, E_int in MeV fm^-3 (paper, Eq. 2).

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape; the result has that shape.
        """
        fm = self.fm
        return (
            fm("alpha_S") / 2 * rho_S**2
            + fm("beta_S") / 3 * rho_S**3
            + fm("gamma_S") / 4 * rho_S**4
            + fm("delta_S") / 2 * rho_S * lap_S
            + fm("alpha_V") / 2 * rho_V**2
            + fm("gamma_V") / 4 * rho_V**4
            + fm("delta_V") / 2 * rho_V * lap_V
            + fm("alpha_TV") / 2 * rho_TV**2
            + fm("delta_TV") / 2 * rho_TV * lap_TV
        )

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        """Potentials S and V (MeV), the functional derivatives of the interaction energy.

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape.  rho_TV = rho_n - rho_p, so the
        isovector potential enters with + for neutrons and - for protons.  Coulomb is not included.
        """
        fm = self.fm
        scalar = (
            fm("alpha_S") * rho_S  # contact of two nucleons
            + fm("beta_S") * rho_S**2  # of three
            + fm("gamma_S") * rho_S**3  # of four
            + fm("delta_S") * lap_S  # finite range
        )
        isoscalar = (
            fm("alpha_V") * rho_V
            + fm("gamma_V") * rho_V**3  # (j j)^2: odd powers only
            + fm("delta_V") * lap_V
        )
        isovector = fm("alpha_TV") * rho_TV + fm("delta_TV") * lap_TV
        return Potentials(scalar, isoscalar + isovector, isoscalar - isovector)

    def pairing_strength(self, particle: str) -> float:
        """Strength of the zero-range pairing force in MeV fm^3 for ``"n"`` or ``"p"``."""
        return {"n": self.pairing_strength_n, "p": self.pairing_strength_p}[particle]


PC_PK1 = PointCoupling(
    name="PC-PK1",
    alpha_S=-3.96291e-4,
    beta_S=8.66530e-11,
    gamma_S=-3.80724e-17,
    delta_S=-1.09108e-10,
    alpha_V=2.69040e-4,
    gamma_V=-3.64219e-18,
    delta_V=-4.32619e-10,
    alpha_TV=2.95018e-5,
    delta_TV=-4.11112e-10,
    pairing_strength_n=-349.5,
    pairing_strength_p=-330.0,
    reference="Zhao2010",
)
PC_F1 = PointCoupling(
    name="PC-F1",
    alpha_S=-3.83577e-4,
    beta_S=7.68567e-11,
    gamma_S=-2.90443e-17,
    delta_S=-4.18530e-10,
    alpha_V=2.59333e-4,
    gamma_V=-3.87900e-18,
    delta_V=-1.19210e-10,
    alpha_TV=3.46770e-5,
    delta_TV=-4.20000e-11,
    pairing_strength_n=-308.0,
    pairing_strength_p=-321.0,
    reference="Burvenich2002",
)
FUNCTIONALS = {functional.name: functional for functional in (PC_PK1, PC_F1)}
"""The functionals of the book by name."""


def get_functional(functional: str | Functional) -> Functional:
    """The functional of a name; a :class:`Functional` (say, with couplings of the reader's own) passes through.

    Raises
    ------
    ValueError
        if the name is unknown.
    """
    if isinstance(functional, Functional):
        return functional
    if not isinstance(functional, str) or functional not in FUNCTIONALS:
        raise ValueError(f"unknown functional {functional!r}: choose one of {', '.join(FUNCTIONALS)}")
    return FUNCTIONALS[functional]
