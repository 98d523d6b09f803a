"""Claims 13 to 15, of the paper's text and abstract."""

from __future__ import annotations

from claims.condition import AFTER, Condition, Verdict, _correlation, _grows_outside, _lowest, _outside_trends, reached
from claims.evidence import GE78, GE96, Evidence
from claims.uncertainty import deviation, distance_curve, trend
from claims.words import _label, scientific
from lib.learning.derivative import (
    DERIVATIVE_MEMBERS,
    DERIVATIVE_TOLERANCE,
    FUNCTIONAL_TOLERANCE,
    derivative_disagreement,
)
from lib.learning.table_one import TABLE_I


def deviation_grows_with_distance(evidence: Evidence) -> Verdict:
    """Claim 13: "the corresponding uncertainty increases as the distance from the known region increases".

    Conditions, one per network: Spearman's rank correlation of the root mean square of the ensemble's standard deviation
    with d is positive with a nominal chance below 1 % (one-sided). Added after the first ensembles, for the reason given
    with claim 2: over d > 0 alone the correlation is at least 0.8 for all of them.
    """
    curves = {
        id: distance_curve(deviation(evidence.ensembles[id]), evidence.nuclei(id)[2], evidence.minimum_nuclei).rms
        for id in TABLE_I
    }
    trends = {id: trend(curve.index, curve) for id, curve in curves.items()}
    return Verdict(
        13, "text", "The ensemble's standard deviation grows with d", "grows",
        f"{sum(found.grows for found in trends.values())} of {len(trends)}; lowest rank correlation {_lowest(trends)} with d = 0, "
        f"{_lowest(_outside_trends(curves))} without",
        (
            *(
                Condition(f"{_label(id)}: deviation grows with d", _correlation(found), found.grows)
                for id, found in trends.items()
            ),
            _grows_outside("deviation", curves),
        ),
    )  # fmt: skip


def functional_is_differentiable(evidence: Evidence) -> Verdict:
    """Claim 14: "By utilizing automatic differentiation, the functional derivative of the total energy with respect to the
    nucleon densities can be obtained efficiently."

    E depends on ρ at a point both directly and by Δρ, so that δE/δρ = ∂ℰ/∂ρ + Δ[∂ℰ/∂(Δρ)]. Conditions, in double
    precision, for ⁷⁸Ge and ⁹⁶Ge, four members of NN3-I6ℰ and each of the three densities, changed by a smooth bump at 2, 4
    or 6 fm and its Laplacian by that of the bump: automatic differentiation and central differences give the same change
    of E to 1e-6 of the moduli that add up to it; ∫ δE/δρ · bump d³r, with the functional derivative on the mesh, gives it
    to 1 %, the error of a Laplacian on the mesh. Both replace, after the first ensembles, a test that scaled the six input
    fields one by one over all space: no variation of a density, since a density and its Laplacian change together.
    """
    ensemble = evidence.ensembles["NN3-I6D"]
    step = max(1, ensemble.sizes["member"] // DERIVATIVE_MEMBERS)
    members = range(0, ensemble.sizes["member"], step)[:DERIVATIVE_MEMBERS]
    found = [derivative_disagreement(ensemble, nucleus, member) for nucleus in (GE78, GE96) for member in members]
    change, integral = (max(values) for values in zip(*found, strict=True))
    return Verdict(
        14, "text", "Automatic differentiation gives the functional derivative of E with respect to the densities",
        "possible", f"agrees with finite differences to {scientific(change, 2)}; as a field on the mesh to {scientific(integral, 2)}",
        (
            Condition(f"change of E with a bump of a density: autodiff and finite differences agree to {scientific(DERIVATIVE_TOLERANCE)}", scientific(change, 2),
                      change <= DERIVATIVE_TOLERANCE, AFTER),
            Condition("δE/δρ on the mesh, integrated with the bump, gives it to 1 %", scientific(integral, 2), integral <= FUNCTIONAL_TOLERANCE, AFTER),
        ),
    )  # fmt: skip


def combination_improves(evidence: Evidence) -> Verdict:
    """Claim 15: "When combined with the existing covariant density functional, the neural network approach improves the
    binding energy accuracy from 644 keV to 86 keV in the known region".

    644 keV is NN3-I6ℰ's error of PC-PK1, 86 keV NN2-I6δℰ's of PC-F1. Conditions: NN3-I6ℰ reaches 0.644 MeV; NN2-I6δℰ
    reaches 0.086 MeV; the second error is smaller than the first. These two networks differ in family and in target; so,
    added after the first ensembles, like with like: NN3-I6δℰ errs less than NN3-I6ℰ, and NN2-I6δℰ less than NN2-I6ℰ.
    """
    alone, combined = evidence.known_rms("NN3-I6D"), evidence.known_rms("NN2-I6dD")
    like, other = evidence.known_rms("NN3-I6dD"), evidence.known_rms("NN2-I6D")
    return Verdict(
        15, "abstract", "644 keV → 86 keV when combined with the existing functional", "0.644 → 0.086 MeV",
        f"{alone} → {combined} MeV (NN3-I6δℰ: {like})",
        (
            Condition("NN3-I6ℰ reaches 0.644 MeV", f"{alone} MeV", reached(alone, 0.644)),
            Condition("NN2-I6δℰ reaches 0.086 MeV", f"{combined} MeV", reached(combined, 0.086)),
            Condition("the combination is better than the network alone", f"{alone.value / combined.value:.1f} times", combined.value < alone.value),
            Condition("NN3-I6δℰ errs less than NN3-I6ℰ", f"{like} against {alone} MeV", like.value < alone.value, AFTER),
            Condition("NN2-I6δℰ errs less than NN2-I6ℰ", f"{combined} against {other} MeV", combined.value < other.value, AFTER),
        ),
    )  # fmt: skip
