"""The paper's fifteen claims on trial: one function per claim, each a list of conditions that our ensembles meet or not.

The rule is the same for all: a claim *holds* if all its conditions are met, *holds partly* if some are, and *does not
hold* if none is.  The conditions, with their thresholds, were written into the docstrings before the ensembles existed.
A threshold is the paper's own number where it gives one, and a rms error reaches it if it is not above it by more than
its own bootstrap error; where the paper uses words ("much better", "generally"), the docstring says how they are read.

Claims: W. F. Li et al., "Construction of Nuclear Covariant Energy Density Functional from A Physics-Guaranteed Neural
Network Approach"; the numbering is this book's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import torch
import xarray as xr

from lib.chart import select
from lib.dataset import shared_dataset
from lib.ensemble import load_ensemble, mean_error, member_network
from lib.known_region import element, measured_masses
from lib.networks import NN3, TABLE_I, network_inputs
from lib.profiles import Profile, profiles
from lib.shells import matched_ratio, near_magic, shell_drops
from lib.uncertainty import Estimate, bootstrap, deviation, distance_curve, rms_estimate, trend

HOLDS, PARTLY, FAILS = "holds", "holds partly", "does not hold"
DIRECT = tuple(id for id, spec in TABLE_I.items() if spec.target == "E")
"""The seven networks of Fig. 1."""
CORRECTING = tuple(id for id, spec in TABLE_I.items() if spec.target == "dE")
"""The four of Fig. 3."""
DENSITY = ("NN2-I3D", "NN2-I6D", "NN3-I3D", "NN3-I6D")
"""The four of Fig. 2."""
GE78, GE96 = (32, 46), (32, 64)
BOUNDS_FM = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0)
"""Bounds of the subsections of Fig. 2; the paper does not list its own."""
DRIP_WIDTH = 8
"""Near the neutron drip line is within so many neutrons of the last bound isotope."""
DEFICIENT_WIDTH = 6
"""Neutron-deficient is an isotope with less than so many neutrons more than the lightest measured one."""
THIRDS = {"light": (8, 38), "medium": (40, 68), "heavy": (70, 100)}
"""Proton numbers of light, medium and heavy nuclei."""


@dataclass(frozen=True)
class Condition:
    """What a claim demands, what is found, and whether that meets the demand."""

    demand: str
    found: str
    met: bool


@dataclass(frozen=True)
class Verdict:
    """One claim with the paper's number, ours, and the conditions on which it is judged."""

    number: int
    where: str
    claim: str
    paper: str
    ours: str
    conditions: tuple[Condition, ...]

    @property
    def met(self) -> int:
        """How many conditions are met."""
        return sum(condition.met for condition in self.conditions)

    @property
    def outcome(self) -> str:
        """``"holds"``, ``"holds partly"`` or ``"does not hold"``: all, some or none of the conditions are met."""
        if self.met == len(self.conditions):
            return HOLDS
        return PARTLY if self.met else FAILS


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

        Raises what :func:`lib.ensemble.load_ensemble` raises.
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
        """rms error of the mean in the known region, MeV."""
        return rms_estimate(self.error(id)[self.nuclei(id)[3]])

    def curve(self, id: str) -> pd.DataFrame:
        """:func:`lib.uncertainty.distance_curve` of an ensemble; of ``"PC-PK1"`` the bare difference of the functionals."""
        if id not in self._curves:
            source = CORRECTING[0] if id == "PC-PK1" else id
            error = self.target() if id == "PC-PK1" else self.error(id)
            self._curves[id] = distance_curve(error, self.nuclei(source)[2], self.minimum_nuclei)
        return self._curves[id]

    def target(self) -> np.ndarray:
        """E(PC-F1) - E(PC-PK1) in MeV, (nucleus,)."""
        return self.ensembles[CORRECTING[0]].energy.values

    def far_rms(self, id: str, low: int = 22, high: int = 30) -> Estimate:
        """rms error over the distances from ``low`` to ``high``, MeV; of ``"PC-PK1"`` as in :meth:`curve`."""
        d = self.nuclei(CORRECTING[0] if id == "PC-PK1" else id)[2]
        error = self.target() if id == "PC-PK1" else self.error(id)
        return rms_estimate(error[(d >= low) & (d <= high)])

    @cached_property
    def profiles(self) -> dict[str, dict[tuple[int, int], Profile]]:
        """Profiles of germanium-78 and -96 by network."""
        return {id: profiles(id, [GE78, GE96], self.ensembles[id]) for id in DENSITY}

    def near_drip_line(self, id: str) -> np.ndarray:
        """Nuclei within :data:`DRIP_WIDTH` neutrons of the last bound isotope, where that is in the window, (nucleus,)."""
        Z, N, d, _ = self.nuclei(id)
        last = pd.Series(N, index=Z).groupby(level=0).max().loc[Z].to_numpy()
        return (last < 156) & (N > last - DRIP_WIDTH) & (d > 0)


def reached(found: Estimate, paper: float) -> bool:
    """Whether a rms error is not above the paper's number by more than its own bootstrap error."""
    return found.value - found.error <= paper


def _label(id: str) -> str:
    return TABLE_I[id].label


def nuclide(nucleus: tuple[int, int]) -> str:
    """Name of a nucleus (Z, N), like ⁷⁸Ge."""
    return str(sum(nucleus)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")) + element(nucleus[0])


# --- Fig. 1 ----------------------------------------------------------------------------------------------------------


def functional_is_best(evidence: Evidence) -> Verdict:
    """Claim 1: "NN3-I6ℰ [...] achieves the both optimal prediction accuracy with the σ_rms(E) of 644 keV in the known
    region and best extrapolation ability".

    Conditions: its σ_rms reaches 0.644 MeV in the known region; it is the lowest of the seven there; it is the lowest of
    the seven at more than half of the distances d > 0.
    """
    known = {id: evidence.known_rms(id) for id in DIRECT}
    best = min(known, key=lambda id: known[id].value)
    curves = pd.DataFrame({id: evidence.curve(id).rms for id in DIRECT}).drop(index=0, errors="ignore")
    wins = curves.idxmin(axis=1).value_counts()
    own, farthest = int(wins.get("NN3-I6D", 0)), wins.idxmax()
    return Verdict(
        1, "Fig. 1", "NN3-I6ℰ: σ_rms(E) = 644 keV in the known region, the best of the seven, and the best extrapolation",
        "0.644 MeV; best; best", f"{known['NN3-I6D']} MeV; best inside: {_label(best)}; most often outside: {_label(farthest)}",
        (
            Condition("NN3-I6ℰ reaches 0.644 MeV", f"{known['NN3-I6D']} MeV", reached(known["NN3-I6D"], 0.644)),
            Condition("it is the lowest of seven in the known region", f"{_label(best)}: {known[best]} MeV", best == "NN3-I6D"),
            Condition("it is the lowest at more than half of the distances", f"at {own} of {len(curves)}", 2 * own > len(curves)),
        ),
    )  # fmt: skip


def error_grows_with_distance(evidence: Evidence) -> Verdict:
    """Claim 2: "σ_rms(E) generally increases as the d increases for all networks".

    Conditions, one per network of Fig. 1: Spearman's rank correlation of σ_rms(E) with d is positive with a chance below
    1 % (one-sided).
    """
    trends = {}
    for id in DIRECT:
        curve = evidence.curve(id)
        trends[id] = trend(curve.index, curve.rms)
    lowest = min(found.correlation for found in trends.values())
    return Verdict(
        2, "Fig. 1", "σ_rms(E) grows with d for every network", "all seven",
        f"{sum(found.grows for found in trends.values())} of {len(trends)}; lowest rank correlation {lowest:.2f}",
        tuple(
            Condition(f"{_label(id)}: error grows with d", f"rank correlation {found.correlation:.2f}", found.grows)
            for id, found in trends.items()
        ),
    )  # fmt: skip


def densities_extrapolate_better(evidence: Evidence) -> Verdict:
    """Claim 3: "Compared to NN1 [...], NN2 and NN3 exhibit much better extrapolation abilities".

    "Much better" is read as at most half the error. Conditions, one per network NN2 and NN3 of Fig. 1: the median over the
    distances d > 0 of σ_rms over that of NN1-I4E is at most 1/2.
    """
    reference = evidence.curve("NN1-I4E").rms.drop(index=0, errors="ignore")
    ratios = {id: float((evidence.curve(id).rms / reference).dropna().median()) for id in DIRECT[1:]}
    return Verdict(
        3, "Fig. 1", "NN2 and NN3 extrapolate much better than NN1", "all six, by far",
        f"error over that of NN1-I4E: {min(ratios.values()):.2f} to {max(ratios.values()):.2f}",
        tuple(
            Condition(f"{_label(id)}: at most half the error of NN1-I4E", f"{ratio:.2f} of it", ratio <= 0.5)
            for id, ratio in ratios.items()
        ),
    )  # fmt: skip


# --- Fig. 2 ----------------------------------------------------------------------------------------------------------


def functional_reproduces_density(evidence: Evidence) -> Verdict:
    """Claim 4: "NN3-I6ℰ best reproduces the target energy densities for both ⁷⁸Ge and ⁹⁶Ge, while the other neural networks
    show remarkable deviations [...], particularly near the extrema and inflection points".

    Conditions, for each of the two nuclei: the rms over the mesh of r²δℰ is the smallest of four for NN3-I6ℰ; and for each
    of the three others the rms of r²δℰ within 0.2 fm of an extremum or inflection point of r²ℰ exceeds that elsewhere in
    the nucleus.
    """
    conditions, summary = [], []
    for nucleus in (GE78, GE96):
        found = {id: evidence.profiles[id][nucleus] for id in DENSITY}
        size = {id: float(np.sqrt(np.mean(profile.difference**2))) for id, profile in found.items()}
        best = min(size, key=size.get)
        summary.append(f"{nuclide(nucleus)}: {_label(best)}")
        conditions.append(
            Condition(
                f"{nuclide(nucleus)}: NN3-I6ℰ has the smallest rms r²δℰ",
                ", ".join(f"{_label(id)} {value:.4f}" for id, value in size.items()) + " MeV/fm",
                best == "NN3-I6D",
            )
        )
        contrast = {id: profile.contrast() for id, profile in found.items() if id != "NN3-I6D"}
        conditions.append(
            Condition(
                f"{nuclide(nucleus)}: the others err more near extrema and inflection points than elsewhere",
                ", ".join(f"{_label(id)} {value:.2f}×" for id, value in contrast.items()),
                min(contrast.values()) > 1,
            )
        )
    return Verdict(
        4, "Fig. 2", "NN3-I6ℰ best reproduces r²ℰ for ⁷⁸Ge and ⁹⁶Ge; the others deviate near extrema and inflection points",
        "NN3-I6ℰ best in both", "best in " + ", in ".join(summary), tuple(conditions),
    )  # fmt: skip


def cumulative_energy_settles(evidence: Evidence) -> Verdict:
    """Claim 5: "For ⁷⁸Ge, E(r) generally first decreases to a minimum value within −6 MeV, then increases, and gradually
    stabilizes after r ≳ 6 fm. However, the minimum value of E(r) for NN3-I3ℰ is approximately −20 MeV, and it stabilizes
    only when r ≳ 8 fm. For ⁹⁶Ge, E(r) fluctuates considerably over the entire r space."

    E(r) has settled where it stays within a tenth of its swing from its end; radii are met within 1 fm, "approximately" is
    within a factor 1.5. Conditions: (a) of NN2-I3ℰ, NN2-I6ℰ and NN3-I6ℰ each has its minimum between −6 MeV and 0; (b)
    these three settle by 6 + 1 fm; (c) the minimum of NN3-I3ℰ is between −30 and −13.3 MeV; (d) NN3-I3ℰ settles last of
    the four, not before 8 − 1 fm; (e) in ⁹⁶Ge the swing of all four is larger than in ⁷⁸Ge; (f) there all four settle
    later than in ⁷⁸Ge.
    """
    near = {id: evidence.profiles[id][GE78] for id in DENSITY}
    far = {id: evidence.profiles[id][GE96] for id in DENSITY}
    others = [id for id in DENSITY if id != "NN3-I3D"]
    odd = near["NN3-I3D"]

    def listed(values, unit):
        return ", ".join(f"{_label(id)} {value:.1f}" for id, value in values.items()) + f" {unit}"

    minima = {id: near[id].minimum for id in others}
    radii = {id: near[id].settling_radius for id in others}
    return Verdict(
        5, "Fig. 2",
        "⁷⁸Ge: E(r) falls to a minimum within −6 MeV, rises, settles after r ≳ 6 fm; NN3-I3ℰ: ≈ −20 MeV, r ≳ 8 fm; "
        "⁹⁶Ge fluctuates over all r",
        "−6 MeV, 6 fm; NN3-I3ℰ −20 MeV, 8 fm",
        f"{min(minima.values()):.1f} MeV, {max(radii.values()):.1f} fm; NN3-I3ℰ {odd.minimum:.1f} MeV, {odd.settling_radius:.1f} fm",
        (
            Condition("⁷⁸Ge: minima of three networks between −6 MeV and 0", listed(minima, "MeV"),
                      all(-6 <= value < 0 for value in minima.values())),
            Condition("⁷⁸Ge: these three settle by 7 fm", listed(radii, "fm"), max(radii.values()) <= 7),
            Condition("⁷⁸Ge: minimum of NN3-I3ℰ between −30 and −13.3 MeV", f"{odd.minimum:.1f} MeV", -30 <= odd.minimum <= -20 / 1.5),
            Condition("⁷⁸Ge: NN3-I3ℰ settles last, not before 7 fm", f"{odd.settling_radius:.1f} fm",
                      odd.settling_radius >= 7 and odd.settling_radius > max(radii.values())),
            Condition("⁹⁶Ge: E(r) swings more than in ⁷⁸Ge, all four",
                      ", ".join(f"{_label(id)} {near[id].swing:.1f} → {far[id].swing:.1f}" for id in DENSITY) + " MeV",
                      all(far[id].swing > near[id].swing for id in DENSITY)),
            Condition("⁹⁶Ge: E(r) settles later than in ⁷⁸Ge, all four",
                      ", ".join(f"{_label(id)} {near[id].settling_radius:.1f} → {far[id].settling_radius:.1f}" for id in DENSITY) + " fm",
                      all(far[id].settling_radius > near[id].settling_radius for id in DENSITY)),
        ),
    )  # fmt: skip


def functional_small_in_every_subsection(evidence: Evidence) -> Verdict:
    """Claim 6: "The NN3-I6ℰ consistently exhibits small deviations across all intervals, both in known and unknown
    regions".

    Conditions, for each of the two nuclei: the largest modulus of its subsection integrals is the smallest of the four
    networks'.
    """
    conditions, own = [], []
    for nucleus in (GE78, GE96):
        largest = {
            id: float(np.abs(evidence.profiles[id][nucleus].subsections(evidence.bounds)).max()) for id in DENSITY
        }
        own.append(f"{nuclide(nucleus)} {largest['NN3-I6D']:.2f}")
        conditions.append(
            Condition(
                f"{nuclide(nucleus)}: the largest subsection integral of NN3-I6ℰ is the smallest of four",
                ", ".join(f"{_label(id)} {value:.2f}" for id, value in largest.items()) + " MeV",
                min(largest, key=largest.get) == "NN3-I6D",
            )
        )
    return Verdict(
        6, "Fig. 2", "NN3-I6ℰ is small in every subsection integral, known and unknown region alike",
        "smallest", "largest modulus: " + ", ".join(own) + " MeV", tuple(conditions),
    )  # fmt: skip


# --- Fig. 3 ----------------------------------------------------------------------------------------------------------


def functionals_differ(evidence: Evidence) -> Verdict:
    """Claim 7: "the rms deviations σ_rms(E) between the PC-F1 and PC-PK1 predictions [...] exceed 3 MeV even in the known
    region".

    Condition: the rms of E(PC-F1) − E(PC-PK1) over the known nuclei that both bind exceeds 3 MeV.
    """
    found = rms_estimate(evidence.target()[evidence.nuclei(CORRECTING[0])[3]])
    return Verdict(
        7, "Fig. 3", "σ_rms between PC-F1 and PC-PK1 exceeds 3 MeV in the known region", "> 3 MeV", f"{found} MeV",
        (Condition("above 3 MeV", f"{found} MeV", found.value > 3),),
    )  # fmt: skip


def corrections_in_known_region(evidence: Evidence) -> Verdict:
    """Claim 8: "The σ_rms(E) are reduced to 0.198, 0.118, 0.086, and 0.353 MeV for NN1-I4δE, NN2-I6δE, NN2-I6δℰ, and
    NN3-I6δℰ, respectively."

    Conditions, one per network: its σ_rms in the known region reaches the paper's.
    """
    found = {id: evidence.known_rms(id) for id in CORRECTING}
    return Verdict(
        8, "Fig. 3", "Known region: NN1-I4δE 0.198, NN2-I6δE 0.118, NN2-I6δℰ 0.086, NN3-I6δℰ 0.353 MeV",
        ", ".join(f"{TABLE_I[id].paper_rms:.3f}" for id in CORRECTING) + " MeV",
        ", ".join(f"{found[id].value:.3f}" for id in CORRECTING) + " MeV",
        tuple(
            Condition(f"{_label(id)} reaches {TABLE_I[id].paper_rms:.3f} MeV", f"{found[id]} MeV", reached(found[id], TABLE_I[id].paper_rms))
            for id in CORRECTING
        ),
    )  # fmt: skip


def corrections_extrapolate(evidence: Evidence) -> Verdict:
    """Claim 9: "the σ_rms(E) of the NN1-I4δE gradually approaches that of the PC-PK1 as d increases. The neural networks
    with density information [...] are approximately 5 MeV even when extrapolating up to 30 steps".

    Conditions: the ratio of NN1-I4δE's σ_rms to that of bare PC-PK1 is larger at d = 22 to 30 than at d = 2 to 10; and,
    one per density network, its σ_rms over d = 22 to 30 reaches 5 MeV.
    """
    near, far = (
        evidence.far_rms("NN1-I4dE", *ends).value / evidence.far_rms("PC-PK1", *ends).value
        for ends in ((2, 10), (22, 30))
    )
    found = {id: evidence.far_rms(id) for id in CORRECTING[1:]}
    return Verdict(
        9, "Fig. 3", "NN1-I4δE drifts to the bare PC-PK1 curve as d grows; the density networks stay near 5 MeV up to d = 30",
        "≈ 5 MeV", f"NN1-I4δE from {near:.2f} to {far:.2f} of PC-PK1; at d = 22–30: "
        + ", ".join(f"{_label(id)} {value}" for id, value in found.items()) + " MeV",
        (
            Condition("NN1-I4δE comes nearer to bare PC-PK1", f"{near:.2f} of it at d = 2–10, {far:.2f} at d = 22–30", far > near),
            *(Condition(f"{_label(id)} reaches 5 MeV at d = 22–30", f"{value} MeV", reached(value, 5)) for id, value in found.items()),
        ),
    )  # fmt: skip


# --- Fig. 4 ----------------------------------------------------------------------------------------------------------


def functionals_differ_at_both_ends(evidence: Evidence) -> Verdict:
    """Claim 10: "PC-F1 predicts larger binding energies than the PC-PK1, with the deviations exceeding 4 MeV for the
    neutron-deficient nuclei with Z ≳ 50. On the neutron-rich side, the PC-F1 predicts smaller binding energies than the
    PC-PK1, with the deviations of larger than 20 MeV for the nuclei near the neutron-drip line."

    Conditions: the median of E(PC-F1) − E(PC-PK1) over isotopes of Z ≥ 50 with less than six neutrons more than the
    lightest measured one is below −4 MeV; the largest difference within eight neutrons of the drip line exceeds 20 MeV.
    """
    Z, N, _, _ = evidence.nuclei(CORRECTING[0])
    table = measured_masses()
    lightest = table.groupby("Z").N.min().loc[Z].to_numpy()
    deficient = (Z >= 50) & (lightest + DEFICIENT_WIDTH > N)
    low = float(np.median(evidence.target()[deficient]))
    high = float(evidence.target()[evidence.near_drip_line(CORRECTING[0])].max())
    return Verdict(
        10, "Fig. 4", "PC-F1 binds more than PC-PK1 by over 4 MeV for neutron-deficient Z ≳ 50, less by over 20 MeV near the "
        "neutron drip line", "> 4 MeV more; > 20 MeV less", f"{-low:.1f} MeV more (median); up to {high:.1f} MeV less",
        (
            Condition("neutron-deficient, Z ≥ 50: median below −4 MeV", f"{low:.1f} MeV", low < -4),
            Condition("near the drip line: largest above 20 MeV", f"{high:.1f} MeV", high > 20),
        ),
    )  # fmt: skip


def correction_on_the_chart(evidence: Evidence) -> Verdict:
    """Claim 11: NN3-I6δℰ "reproduces the target binding energies generally within 1 MeV in the known region and around
    6 MeV when extrapolating to the neutron-drip line [...], achieving comparable accuracy across the light, medium, and
    heavy mass regions".

    "Generally" is read as nine nuclei in ten, "comparable" as within a factor of two. Conditions: 90 % of the known nuclei
    err by at most 1 MeV; σ_rms within eight neutrons of the drip line reaches 6 MeV; largest over smallest σ_rms of the
    three thirds of Z is at most 2, in the known and in the unknown region.
    """
    error = evidence.error("NN3-I6dD")
    Z, _, _, known = evidence.nuclei("NN3-I6dD")
    share = float(np.mean(np.abs(error[known]) <= 1))
    drip = rms_estimate(error[evidence.near_drip_line("NN3-I6dD")])
    conditions = [
        Condition("90 % of the known nuclei within 1 MeV", f"{100 * share:.1f} %", share >= 0.9),
        Condition("σ_rms near the drip line reaches 6 MeV", f"{drip} MeV", reached(drip, 6)),
    ]
    for mask, region in ((known, "known"), (~known, "unknown")):
        found = {name: rms_estimate(error[mask & (Z >= low) & (Z <= high)]) for name, (low, high) in THIRDS.items()}
        values = [estimate.value for estimate in found.values()]
        conditions.append(
            Condition(
                f"{region} region: light, medium and heavy within a factor 2",
                ", ".join(f"{name} {estimate}" for name, estimate in found.items()) + " MeV",
                max(values) <= 2 * min(values),
            )
        )
    return Verdict(
        11, "Fig. 4", "NN3-I6δℰ is within 1 MeV in the known region, about 6 MeV at the drip line; light, medium and heavy alike",
        "1 MeV; 6 MeV", f"{100 * share:.1f} % within 1 MeV; {drip} MeV", tuple(conditions),
    )  # fmt: skip


def shells_are_captured(evidence: Evidence) -> Verdict:
    """Claim 12: "NN3-I6δℰ shows better agreement with the target data in the unknown regions near the magic numbers.
    Further study finds that NN3-I6δℰ well describes the abrupt decrease in two-neutron separation energies after the magic
    numbers".

    Near is N within 2 of 50, 82 or 126; "well" is read as to 20 %. Conditions, all outside the known region: σ_rms near
    magic numbers is below that of the other nuclei at the same distances, by more than its bootstrap error; the rms error
    of the drop S_2n(N_magic) − S_2n(N_magic + 2) is at most 20 % of its mean; it is below that of bare PC-PK1, on top of
    which the network only adds.
    """
    error = evidence.error("NN3-I6dD")
    _, N, d, known = evidence.nuclei("NN3-I6dD")
    unknown = np.flatnonzero(~known)
    chosen = near_magic(N)
    ratio = bootstrap(
        lambda taken: matched_ratio(error[unknown[taken]], d[unknown[taken]], chosen[unknown[taken]]),
        len(unknown),
        draws=300,
    )
    drops = drop_table(evidence)
    outside = drops[drops.distance > 0]
    mean = float(outside.target.mean())
    own, bare = (rms_estimate((outside[name] - outside.target).to_numpy()) for name in ("NN3-I6dD", "PC-PK1"))
    return Verdict(
        12, "Fig. 4", "Better agreement near magic numbers; the drop of S_2n behind them is reproduced", "better; reproduced",
        f"{ratio} of the error elsewhere; drop of {mean:.1f} MeV to {own} MeV (bare PC-PK1: {bare})",
        (
            Condition("unknown nuclei near magic N err less than others", f"{ratio} of their error", ratio.value + ratio.error < 1),
            Condition("drop of S_2n to 20 %", f"{own} of {mean:.2f} MeV, {len(outside)} chains", own.value <= 0.2 * mean),
            Condition("drop of S_2n better than by bare PC-PK1", f"{own} against {bare} MeV", own.value < bare.value),
        ),
    )  # fmt: skip


def drop_table(evidence: Evidence, ids: tuple[str, ...] = CORRECTING) -> pd.DataFrame:
    """The drop of S_2n behind N = 50, 82 and 126 in MeV, over (Z, N): of the target, of the networks, of bare PC-PK1.

    For correcting networks the target is PC-F1; for the others (``ids`` of :data:`DIRECT`) it is PC-PK1 itself. Column
    ``distance`` is d of the nucleus behind the shell.
    """
    ensemble = evidence.ensembles[ids[0]]
    Z, N, d, _ = evidence.nuclei(ids[0])
    baseline = np.zeros(len(Z))
    if TABLE_I[ids[0]].target == "dE":
        baseline = shared_baseline(Z, N)
    energies = {"target": baseline + ensemble.energy.values, "PC-PK1": baseline}
    if TABLE_I[ids[0]].target == "E":
        energies.pop("PC-PK1")
    for id in ids:
        energies[id] = energies["target"] + evidence.error(id)
    table = pd.DataFrame({name: shell_drops(Z, N, energy) for name, energy in energies.items()})
    distances = pd.Series(d, index=pd.MultiIndex.from_arrays([Z, N]))
    table["distance"] = [int(distances[z, n + 2]) for z, n in table.index]
    return table


def shared_baseline(Z: np.ndarray, N: np.ndarray) -> np.ndarray:
    """E(PC-PK1) in MeV of nuclei of the correcting networks' data set, (nucleus,)."""
    dataset = shared_dataset("dE")
    energy = dict(
        zip(zip(dataset.Z.values, dataset.N.values, strict=True), dataset.baseline_energy.values, strict=True)
    )
    return np.array([energy[nucleus] for nucleus in zip(Z, N, strict=True)])


# --- text and abstract -----------------------------------------------------------------------------------------------


def deviation_grows_with_distance(evidence: Evidence) -> Verdict:
    """Claim 13: "the corresponding uncertainty increases as the distance from the known region increases".

    Conditions, one per network: Spearman's rank correlation of the root mean square of the ensemble's standard deviation
    with d is positive with a chance below 1 % (one-sided).
    """
    trends = {}
    for id in TABLE_I:
        curve = distance_curve(deviation(evidence.ensembles[id]), evidence.nuclei(id)[2], evidence.minimum_nuclei)
        trends[id] = trend(curve.index, curve.rms)
    lowest = min(found.correlation for found in trends.values())
    return Verdict(
        13, "text", "The ensemble's standard deviation grows with d", "grows",
        f"{sum(found.grows for found in trends.values())} of {len(trends)}; lowest rank correlation {lowest:.2f}",
        tuple(
            Condition(f"{_label(id)}: deviation grows with d", f"rank correlation {found.correlation:.2f}", found.grows)
            for id, found in trends.items()
        ),
    )  # fmt: skip


DERIVATIVE_TOLERANCE = 1e-6


def functional_is_differentiable(evidence: Evidence) -> Verdict:
    """Claim 14: "By utilizing automatic differentiation, the functional derivative of the total energy with respect to the
    nucleon densities can be obtained efficiently."

    Condition: in double precision, for ⁷⁸Ge and a member of NN3-I6ℰ, the change of E with the strength of each of the six
    input fields agrees between automatic differentiation and central differences to 1e-6 of its integrand's modulus.
    """
    found = derivative_disagreement(evidence.ensembles["NN3-I6D"])
    return Verdict(
        14, "text", "Automatic differentiation gives the functional derivative of E with respect to the densities",
        "possible", f"agrees with finite differences to {found:.0e}",
        (Condition("agreement with finite differences to 1e-6", f"{found:.1e}", found <= DERIVATIVE_TOLERANCE),),
    )  # fmt: skip


def derivative_disagreement(ensemble: xr.Dataset, nucleus: tuple[int, int] = GE78, step: float = 1e-6) -> float:
    """Largest relative disagreement of autodiff and central differences over the six input fields of a member of NN3.

    Each field is scaled by 1 ± ``step``; the difference is relative to the sum over the mesh of the moduli of what adds up
    to the derivative.

    Raises
    ------
    ValueError
        if the network is not an NN3.
    """
    spec = TABLE_I[ensemble.attrs["network"]]
    if spec.family != NN3:
        raise ValueError(f"{spec.id} is no functional of the density at a point: take an NN3")
    row = select(shared_dataset(spec.target), *nucleus).expand_dims("nucleus")
    network = member_network(ensemble, 0).double()
    inputs = torch.tensor(network_inputs(spec, row), dtype=torch.float64, requires_grad=True)
    network.energy(inputs).sum().backward()
    terms = (inputs.grad[0] * inputs[0].detach()).numpy()  # (r, field)
    worst = 0.0
    with torch.no_grad():
        for field_index in range(terms.shape[1]):
            energies = []
            for factor in (1 + step, 1 - step):
                changed = inputs.detach().clone()
                changed[..., field_index] *= factor
                energies.append(float(network.energy(changed).sum()))
            numeric = (energies[0] - energies[1]) / (2 * step)
            column = terms[:, field_index]
            worst = max(worst, abs(numeric - column.sum()) / np.abs(column).sum())
    return float(worst)


def combination_improves(evidence: Evidence) -> Verdict:
    """Claim 15: "When combined with the existing covariant density functional, the neural network approach improves the
    binding energy accuracy from 644 keV to 86 keV in the known region".

    644 keV is NN3-I6ℰ's error of PC-PK1, 86 keV NN2-I6δℰ's of PC-F1. Conditions: NN3-I6ℰ reaches 0.644 MeV; NN2-I6δℰ
    reaches 0.086 MeV; the second error is smaller than the first.
    """
    alone, combined = evidence.known_rms("NN3-I6D"), evidence.known_rms("NN2-I6dD")
    like = evidence.known_rms("NN3-I6dD")
    return Verdict(
        15, "abstract", "644 keV → 86 keV when combined with the existing functional", "0.644 → 0.086 MeV",
        f"{alone} → {combined} MeV (NN3-I6δℰ: {like})",
        (
            Condition("NN3-I6ℰ reaches 0.644 MeV", f"{alone} MeV", reached(alone, 0.644)),
            Condition("NN2-I6δℰ reaches 0.086 MeV", f"{combined} MeV", reached(combined, 0.086)),
            Condition("the combination is better than the network alone", f"{alone.value / combined.value:.1f} times", combined.value < alone.value),
        ),
    )  # fmt: skip


CLAIMS: tuple[Callable[[Evidence], Verdict], ...] = (
    functional_is_best, error_grows_with_distance, densities_extrapolate_better, functional_reproduces_density,
    cumulative_energy_settles, functional_small_in_every_subsection, functionals_differ, corrections_in_known_region,
    corrections_extrapolate, functionals_differ_at_both_ends, correction_on_the_chart, shells_are_captured,
    deviation_grows_with_distance, functional_is_differentiable, combination_improves,
)  # fmt: skip
"""The fifteen claims in order."""


def judge(evidence: Evidence, numbers: tuple[int, ...] = tuple(range(1, 16))) -> dict[int, Verdict]:
    """Verdicts on some claims by number.

    Raises
    ------
    ValueError
        for a number that is no claim.
    """
    for number in numbers:
        if not 1 <= number <= len(CLAIMS):
            raise ValueError(f"claim {number} does not exist: choose from 1 to {len(CLAIMS)}")
    return {number: CLAIMS[number - 1](evidence) for number in numbers}


def verdict_table(verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """One row per claim: where, claim, the paper's number, ours, the outcome and how many conditions are met."""
    rows = [
        {
            "claim": verdict.number,
            "where": verdict.where,
            "the paper says": verdict.claim,
            "its number": verdict.paper,
            "here": verdict.ours,
            "outcome": verdict.outcome,
            "conditions met": f"{verdict.met} of {len(verdict.conditions)}",
        }
        for verdict in verdicts.values()
    ]
    return pd.DataFrame(rows).set_index("claim")


def condition_table(verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """One row per condition of each claim, over both numbers: what is demanded, what is found, and whether it is met."""
    rows = [
        {
            "claim": verdict.number,
            "condition": place,
            "demanded": condition.demand,
            "found": condition.found,
            "met": "yes" if condition.met else "no",
        }
        for verdict in verdicts.values()
        for place, condition in enumerate(verdict.conditions, start=1)
    ]
    return pd.DataFrame(rows).set_index(["claim", "condition"])
