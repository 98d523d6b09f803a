"""What a covariant functional is to the solver, and the point-coupling functionals PC-PK1, PC-F1 and DD-PC1.

Everything here is local in r: given the densities and their Laplacians at some points, a functional returns the
interaction energy density and the potentials at the same points, and the solver asks nothing else of it.  Densities are
in fm^-3, Laplacians in fm^-5, energies in MeV.  The couplings are kept in the units of the publications, powers of MeV
or of fm, and converted by powers of hbar c.

Medium effects are either powers of the densities (:class:`PointCoupling`) or couplings that depend on the density
(:class:`DensityDependent`).

Sources: P. W. Zhao et al., Phys. Rev. C 82, 054319 (2010) for PC-PK1; T. Buervenich et al., Phys. Rev. C 65, 044308
(2002) for PC-F1; Eqs. (1)-(2) of the paper for the structure of their energy density; T. Niksic, D. Vretenar, and
P. Ring, Phys. Rev. C 78, 034318 (2008) for DD-PC1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from lib.rmf.constants import HBARC_MEV_FM

POWERS = {"alpha": 3, "beta": 6, "gamma": 9, "delta": 5}
"""Of hbar c that take couplings of a :class:`PointCoupling` from MeV to MeV and fm."""


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

    couplings: ClassVar = (
        "alpha_S", "beta_S", "gamma_S", "delta_S", "alpha_V", "gamma_V", "delta_V", "alpha_TV", "delta_TV"
    )  # fmt: skip
    """names of those of the mean field"""

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
        return getattr(self, coupling) * HBARC_MEV_FM ** POWERS[coupling.split("_")[0]]

    @cached_property
    def _in_fm(self) -> SimpleNamespace:
        # arrays without dimensions, which numpy multiplies twice as fast as numbers; converted once, not in each iteration
        return SimpleNamespace(**{name: np.array(self.fm(name)) for name in self.couplings})

    def interaction_energy_density(  # MeV fm^-3
        self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV
    ):
        """Interaction part of the energy density, E_int in MeV fm^-3 (paper, Eq. 2).

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape; the result has that shape.
        """
        fm = self._in_fm
        square_S, square_V = rho_S * rho_S, rho_V * rho_V
        return (
            fm.alpha_S / 2 * square_S
            + fm.beta_S / 3 * square_S * rho_S
            + fm.gamma_S / 4 * square_S**2
            + fm.delta_S / 2 * rho_S * lap_S
            + fm.alpha_V / 2 * square_V
            + fm.gamma_V / 4 * square_V**2
            + fm.delta_V / 2 * rho_V * lap_V
            + fm.alpha_TV / 2 * rho_TV**2
            + fm.delta_TV / 2 * rho_TV * lap_TV
        )

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        """Potentials S and V (MeV), the functional derivatives of the interaction energy.

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape.  rho_TV = rho_n - rho_p, so the
        isovector potential enters with + for neutrons and - for protons.  Coulomb is not included.
        """
        fm = self._in_fm
        square_S, square_V = rho_S * rho_S, rho_V * rho_V
        scalar = (
            fm.alpha_S * rho_S  # contact of two nucleons
            + fm.beta_S * square_S  # of three
            + fm.gamma_S * square_S * rho_S  # of four
            + fm.delta_S * lap_S  # finite range
        )
        isoscalar = (
            fm.alpha_V * rho_V
            + fm.gamma_V * square_V * rho_V  # (j j)^2: odd powers only
            + fm.delta_V * lap_V
        )
        isovector = fm.alpha_TV * rho_TV + fm.delta_TV * lap_TV
        return Potentials(scalar, isoscalar + isovector, isoscalar - isovector)

    def pairing_strength(self, particle: str) -> float:
        """Strength of the zero-range pairing force in MeV fm^3 for ``"n"`` or ``"p"``."""
        return {"n": self.pairing_strength_n, "p": self.pairing_strength_p}[particle]


class Strength(NamedTuple):
    """A coupling that depends on the density, at some densities."""

    value: np.ndarray
    """MeV fm^3"""
    slope: np.ndarray
    """its derivative with respect to rho_V, MeV fm^6"""


@dataclass(frozen=True)
class DensityDependent:
    """Couplings of a point-coupling covariant energy density functional whose couplings depend on the density.

    In each channel, S, V and TV, the coupling is alpha(rho_V) = a + (b + c x) exp(-d x) with x = rho_V / ``rho_sat``.
    ``a_*``, ``b_*`` and ``c_*`` in fm^2, ``d_*`` pure numbers, ``delta_S`` of the one derivative term in fm^4,
    ``rho_sat`` in fm^-3, ``nucleon_mass`` in MeV, pairing strengths of the zero-range force in MeV fm^3.
    """

    couplings: ClassVar = (
        "a_S", "b_S", "c_S", "d_S", "delta_S", "a_V", "b_V", "c_V", "d_V", "a_TV", "b_TV", "c_TV", "d_TV"
    )  # fmt: skip
    """names of those of the mean field"""

    name: str
    a_S: float
    b_S: float
    c_S: float
    d_S: float
    delta_S: float
    a_V: float
    b_V: float
    c_V: float
    d_V: float
    a_TV: float
    b_TV: float
    c_TV: float
    d_TV: float
    rho_sat: float
    pairing_strength_n: float
    pairing_strength_p: float
    nucleon_mass: float = 939.0
    reference: str = ""

    @cached_property
    def _in_fm(self) -> dict[str, list[np.ndarray]]:
        # a, b, c, d as they stand before powers of rho_V in fm^-3: MeV fm^3, MeV fm^3, MeV fm^6, fm^3
        converted = {}
        for channel in ("S", "V", "TV"):
            a, b, c, d = (getattr(self, f"{letter}_{channel}") for letter in "abcd")
            numbers = a * HBARC_MEV_FM, b * HBARC_MEV_FM, c * HBARC_MEV_FM / self.rho_sat, d / self.rho_sat
            converted[channel] = [np.array(number) for number in numbers]
        return converted

    def strength(self, channel: str, rho_V) -> Strength:
        """The coupling alpha of channel ``"S"``, ``"V"`` or ``"TV"`` at densities rho_V (fm^-3), and its slope.

        Smooth down to no density at all, where alpha = a + b.
        """
        a, b, c, d = self._in_fm[channel]
        decay = np.exp(-d * rho_V)
        linear = b + c * rho_V
        return Strength(a + linear * decay, (c - d * linear) * decay)

    def interaction_energy_density(  # MeV fm^-3
        self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV
    ):
        """Interaction part of the energy density, E_int in MeV fm^-3.

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape; the result has that shape.  Of the
        Laplacians only that of rho_S counts.
        """
        delta_S = self.delta_S * HBARC_MEV_FM
        return (
            self.strength("S", rho_V).value / 2 * rho_S**2
            + self.strength("V", rho_V).value / 2 * rho_V**2
            + self.strength("TV", rho_V).value / 2 * rho_TV**2
            + delta_S / 2 * rho_S * lap_S
        )

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        """Potentials S and V (MeV), the functional derivatives of the interaction energy.

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape.  rho_TV = rho_n - rho_p, so the
        isovector potential enters with + for neutrons and - for protons.  Coulomb is not included.
        """
        S, V, TV = (self.strength(each, rho_V) for each in ("S", "V", "TV"))
        # rearrangement: one nucleon more changes the couplings of all others
        V_R = (S.slope * rho_S**2 + V.slope * rho_V**2 + TV.slope * rho_TV**2) / 2
        scalar = S.value * rho_S + self.delta_S * HBARC_MEV_FM * lap_S
        isoscalar = V.value * rho_V + V_R
        isovector = TV.value * rho_TV
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
    # 939 MeV is an assumption, with a consequence: the chapter on the chart has it
    nucleon_mass=939.0,
    reference="Burvenich2002",
)
DD_PC1 = DensityDependent(
    name="DD-PC1",
    a_S=-10.0462,
    b_S=-9.1504,
    c_S=-6.4273,
    d_S=1.3724,
    delta_S=-0.8149,
    a_V=5.9195,
    b_V=8.8637,
    c_V=0.0,
    d_V=0.6584,
    a_TV=0.0,
    b_TV=1.8360,
    c_TV=0.0,
    d_TV=0.6403,
    rho_sat=0.152,
    # no strengths of a zero-range force were published for it: these are of PC-PK1, whose Dirac mass is much the same
    pairing_strength_n=-349.5,
    pairing_strength_p=-330.0,
    reference="Niksic2008",
)
FUNCTIONALS = {functional.name: functional for functional in (PC_PK1, PC_F1, DD_PC1)}
"""The functionals that have a name here, by it: whatever is asked for a functional takes these."""
PAPER_FUNCTIONALS = (PC_PK1.name, PC_F1.name)
"""The names of the paper's two – what is charted unasked, what the networks learn and what is archived."""
