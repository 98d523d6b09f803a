"""The fifteen claims in order, judged, and the tables of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from claims.condition import HOLDS, Verdict
from claims.evidence import Evidence
from claims.fig1 import densities_extrapolate_better, error_grows_with_distance, functional_is_best
from claims.fig2 import cumulative_energy_settles, functional_reproduces_density, functional_small_in_every_subsection
from claims.fig3 import corrections_extrapolate, corrections_in_known_region, functionals_differ
from claims.fig4 import correction_on_the_chart, functionals_differ_at_both_ends, shells_are_captured
from claims.text import combination_improves, deviation_grows_with_distance, functional_is_differentiable

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
            "other reading": condition.otherwise,
            "written": f"{condition.written} the first ensembles",
        }
        for verdict in verdicts.values()
        for place, condition in enumerate(verdict.conditions, start=1)
    ]
    return pd.DataFrame(rows).set_index(["claim", "condition"])


def shortfalls(verdicts: Mapping[int, Verdict]) -> str:
    """Markdown: a paragraph on every claim that does not hold entirely, with what was demanded and found, and what to read.

    Empty if all hold.
    """
    paragraphs = []
    for number, verdict in verdicts.items():
        if verdict.outcome == HOLDS:
            continue
        missed = [condition for condition in verdict.conditions if not condition.met]
        details = "; ".join(f"*{condition.demand}*: {condition.found}" for condition in missed)
        paragraphs.append(
            f"**Claim {number} {verdict.outcome}**, with {verdict.met} of {len(verdict.conditions)} conditions met. "
            f"Not met: {details}. {LOOK[number]}"
        )
    return "\n\n".join(paragraphs)


_RECIPE = "See [The recipe decides what cannot be tested](#the-recipe-decides-what-cannot-be-tested): the threshold is that of the paper's networks, whose recipe is not public."
_INSIDE = "See [A right energy, and where it sits](#a-right-energy-and-where-it-sits), which compares the energies with the densities behind them."
_REACH = "See [What makes the far side hard?](#what-makes-the-far-side-hard) and [Do all members guess alike?](#do-all-members-guess-alike) for what an extrapolation asks of a network."
LOOK = {
    1: "See [Inside and outside](#inside-and-outside), which sets NN3-I6ℰ beside its strongest rival.",
    2: _REACH,
    3: "See [Inside and outside](#inside-and-outside), which compares the networks with NN1-I4E far out.",
    4: _INSIDE,
    5: _INSIDE,
    6: _INSIDE,
    7: "The difference is one of the two functionals and of the data set; no network enters, and no training can change it.",
    8: _RECIPE,
    9: _RECIPE,
    10: "The differences are those of the two functionals, over nuclei that both bind; no network enters. The [chapter on Fig. 4](fig4.md) maps them.",
    11: "See [At the drip line](#at-the-drip-line), which takes that error apart.",
    12: "See [Magic numbers, and who put the shells there](#magic-numbers-and-who-put-the-shells-there).",
    13: "See the [chapter on uncertainty](uncertainty.md), which draws the deviation of every network over the distance.",
    14: "The derivative is taken by the [chapter on Table I](table_one.md), too; a disagreement would mean that it is not what the text says.",
    15: _RECIPE,
}
"""For each claim, what to read if it does not hold."""
