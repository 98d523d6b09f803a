"""Claims 1 to 3, about the paper's Fig. 1: how far the networks reach; and what else its curves tell."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from claims.condition import Condition, Finding, claim, growth, is_lowest, more_than_half, of_recipe, reaches
from claims.evidence import Evidence
from claims.uncertainty import Estimate, least, most
from claims.words import label
from lib.learning.errors import Errors
from lib.learning.table_one import DIRECT

HALF = 0.5
"""The share of another error that is much better."""


@claim(1, "Fig. 1", "0.644 MeV; best; best", headline=2)
def functional_is_best(evidence: Evidence) -> Finding:
    """NN3-I6ℰ: rms error of 644 keV in the known region, the best of the seven, and the best extrapolation.

    Claim 1: "NN3-I6ℰ [...] achieves the both optimal prediction accuracy with the σ_rms(E) of 644 keV in the known region
    and best extrapolation ability".

    Conditions: its σ_rms reaches 0.644 MeV in the known region, which had a part in the choice of its recipe; it is the
    lowest of the seven there; it is the lowest of the seven at more than half of the distances d > 0.
    """
    known = {id: evidence.rms(id) for id in DIRECT}
    values = {id: estimate.value for id, estimate in known.items()}
    own, best = known["NN3-I6D"], min(values, key=values.get)
    wins = lowest_by_distance(evidence, DIRECT).value_counts()
    outside = f"most often outside: {label(wins.idxmax())}"
    lowest, inside = "it is the lowest", f"{label(best)}: {known[best]} MeV"
    share = share_won(evidence, DIRECT, "NN3-I6D")
    often = f"{lowest} at more than half of the distances"
    return f"{own} MeV; best inside: {label(best)}; {outside}", [
        reaches("NN3-I6ℰ", own, 0.644, chosen=of_recipe("NN3-I6D")),
        is_lowest(f"{lowest} of seven in the known region", known, inside),
        more_than_half(often, share, int(wins.sum())),
    ]


def lowest_by_distance(evidence: Evidence, ids: Iterable[str]) -> pd.Series:
    """The network with the lowest rms error at each distance d > 0, by id."""
    curves = pd.DataFrame({id: evidence.curve(id).rms for id in ids})
    return curves.drop(index=0, errors="ignore").idxmin(axis=1)


def share_won(evidence: Evidence, ids: Iterable[str], id: str) -> Estimate:
    """At what share of the distances d > 0 a network has the lowest rms error of some."""
    curves = {each: evidence.by_distance(each).drop(columns=0, errors="ignore") for each in ids}
    lowest = functools.reduce(np.fmin, curves.values())
    won = (curves[id] == lowest).where(lowest.notna())
    return Estimate.of(won.mean(axis=1))


@claim(2, "Fig. 1", "all seven", headline=8)
def error_grows_with_distance(evidence: Evidence) -> Finding:
    """The rms error of the energy grows with d for every network.

    Claim 2: "σ_rms(E) generally increases as the d increases for all networks".

    Conditions, one per network of Fig. 1: Spearman's rank correlation of σ_rms(E) with d is positive with a nominal chance
    below 1 % (one-sided). That is easily met, since neighbouring distances are not independent and d = 0 holds learnt
    nuclei; so, added after the first ensembles: over d > 0 alone the correlation is at least 0.8 for all of them, a
    conventional mark of a strong rank correlation.
    """
    return growth("error", {id: evidence.by_distance(id) for id in DIRECT})


@claim(3, "Fig. 1", "all six, by far", headline=6)
def densities_extrapolate_better(evidence: Evidence) -> Finding:
    """NN2 and NN3 extrapolate much better than NN1.

    Claim 3: "Compared to NN1 [...], NN2 and NN3 exhibit much better extrapolation abilities".

    "Much better" is read as at most half the error. Conditions, one per network NN2 and NN3 of Fig. 1: the median over the
    distances d > 0 of σ_rms over that of NN1-I4E is at most 1/2.
    """
    what = "over that of NN1-I4E, median over the distances d > 0"
    ratios = {id: ratio_to_numbers(evidence, id) for id in DIRECT[1:]}
    conditions = []
    for id, ratio in ratios.items():
        demand = f"{label(id)}: σ_rms {what}, at most 1/2"
        conditions.append(Condition(demand, str(ratio), HALF - ratio))
    low, high = least(ratios.values()), most(ratios.values())
    return f"error {what}: {low} to {high}", conditions


def ratio_to_numbers(evidence: Evidence, id: str) -> Estimate:
    """Error of a network over that of NN1-I4E, median over the distances d > 0, paired."""
    own, numbers = (evidence.by_distance(each) for each in (id, "NN1-I4E"))
    ratios = (own / numbers).drop(columns=0, errors="ignore")
    return Estimate.of(ratios.median(axis=1))


def ranking(evidence: Evidence) -> pd.DataFrame:
    """Error of the seven in the known region (``inside``) and over all of d = 2 to 30 (``outside``), the best inside first.

    Estimates in MeV, over network id, with the ``place`` by each.
    """
    outside = evidence.errors["NN3-I6D"].between(2, 30)
    table = pd.DataFrame(
        {
            "inside": {id: evidence.rms(id) for id in DIRECT},
            "outside": {id: evidence.rms(id, outside) for id in DIRECT},
        }
    )
    for side in ("inside", "outside"):
        values = table[side].map(lambda estimate: estimate.value)
        table[f"place {side}"] = values.rank().astype(int)
    return table.sort_values("place inside")


def falls(evidence: Evidence) -> pd.DataFrame:
    """The deepest fall of each of the seven curves over d > 0, if it falls at all, the steepest first.

    Over network id: ``from_d`` and ``to_d``, the rms errors there in MeV, the numbers of nuclei behind them, and the
    ``factor`` of the fall.
    """
    rows = {}
    for id in DIRECT:
        curve = evidence.curve(id).loc[2:]
        lowest_behind = curve.rms[::-1].cummin()[::-1]
        start = (curve.rms / lowest_behind).idxmax()
        end = curve.rms.loc[start:].idxmin()
        row = {"factor": curve.rms[start] / lowest_behind[start]}
        for name, d in (("from", start), ("to", end)):
            row |= {f"{name}_d": int(d), f"{name}_MeV": curve.rms[d]}
            row |= {f"{name}_nuclei": int(curve.nuclei[d])}
        rows[id] = row
    table = pd.DataFrame.from_dict(rows, orient="index").query("factor > 1")
    return table.sort_values("factor", ascending=False, kind="stable")


def highest_at_the_end(evidence: Evidence) -> int:
    """How many of the seven curves are highest at their last distance."""
    curves = [evidence.curve(id).rms for id in DIRECT]
    return sum(curve.idxmax() == curve.index[-1] for curve in curves)


def far_side(errors: Errors) -> pd.Series:
    """Who is outside the known region.

    How many nuclei are ``unknown``; how many of them lie beyond the neutron-``poor`` end of their chain's known isotopes,
    and the ``farthest_poor`` distance; the median Z at d = 2 to 10 (``middle_near``) and beyond 30 (``middle_far``).
    """
    Z, N, d, known = errors.Z, errors.N, errors.d, errors.known
    lightest = pd.Series(N[known]).groupby(Z[known]).min().reindex(Z).to_numpy()
    poor = ~known & (lightest > N)
    return pd.Series(
        {
            "unknown": int((~known).sum()),
            "poor": int(poor.sum()),
            "farthest_poor": int(d[poor].max()),
            "middle_near": np.median(Z[errors.between(2, 10)]),
            "middle_far": np.median(Z[d > 30]),
        }
    )
