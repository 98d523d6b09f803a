"""Claims 7 to 9, about the paper's Fig. 3: correcting a functional."""

from __future__ import annotations

import numpy as np

from claims.condition import AFTER, Condition, Verdict, about, reached
from claims.evidence import Evidence
from claims.uncertainty import Estimate, bootstrap
from claims.words import _label
from lib.learning.errors import rms
from lib.learning.table_one import CORRECTING, TABLE_I

APPROACHED = 0.8
"""Share of another curve at which one has come near it."""


def functionals_differ(evidence: Evidence) -> Verdict:
    """Claim 7: "the rms deviations σ_rms(E) between the PC-F1 and PC-PK1 predictions [...] exceed 3 MeV even in the known
    region".

    Condition: the rms of E(PC-F1) − E(PC-PK1) over the known nuclei that both bind exceeds 3 MeV.
    """
    found = evidence.known_rms("PC-PK1")
    return Verdict(
        7, "Fig. 3", "The rms difference between PC-F1 and PC-PK1 exceeds 3 MeV in the known region", "> 3 MeV", f"{found} MeV",
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
    one per density network, its σ_rms over d = 22 to 30 reaches 5 MeV. Added after the first ensembles, since a ratio can
    grow and stay far from one: at d = 22 to 30 it is at least 0.8, or below that by no more than its bootstrap error.
    """
    Z, _, d, _ = evidence.nuclei("NN1-I4dE")
    error, bare = evidence.error("NN1-I4dE"), evidence.target()

    def ratio(low: int, high: int) -> Estimate:
        here = np.flatnonzero((d >= low) & (d <= high))
        return bootstrap(lambda taken: rms(error[here[taken]]) / rms(bare[here[taken]]), len(here), groups=Z[here])

    near, far = ratio(2, 10), ratio(22, 30)
    found = {id: evidence.far_rms(id) for id in CORRECTING[1:]}
    return Verdict(
        9, "Fig. 3", "NN1-I4δE drifts to the bare PC-PK1 curve as d grows; the density networks stay near 5 MeV up to d = 30",
        "≈ 5 MeV", f"NN1-I4δE from {near.value:.2f} to {far.value:.2f} of PC-PK1; at d = 22–30: "
        + ", ".join(f"{_label(id)} {value}" for id, value in found.items()) + " MeV",
        (
            Condition("NN1-I4δE comes nearer to bare PC-PK1", f"{near} of it at d = 2–10, {far} at d = 22–30", far.value > near.value),
            *(Condition(f"{_label(id)} reaches 5 MeV at d = 22–30", f"{value} MeV", reached(value, 5), otherwise=about(value, 5)) for id, value in found.items()),
            Condition(f"NN1-I4δE has come to {APPROACHED:g} of bare PC-PK1 at d = 22–30", f"{far} of it", far.value + far.error >= APPROACHED, AFTER),
        ),
    )  # fmt: skip
