"""The fifteen claims in order, judged, and the tables of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from claims.condition import Condition, Verdict
from claims.evidence import Evidence
from claims.fig1 import densities_extrapolate_better, error_grows_with_distance, functional_is_best
from claims.fig2 import cumulative_energy_settles, functional_reproduces_density, functional_small_in_every_subsection
from claims.fig3 import corrections_extrapolate, corrections_in_known_region, functionals_differ
from claims.fig4 import correction_on_the_chart, functionals_differ_at_both_ends, shells_are_captured
from claims.text import combination_improves, deviation_grows_with_distance, functional_is_differentiable
from claims.uncertainty import Estimate
from claims.words import scientific

CLAIMS: tuple[Callable[[Evidence], Verdict], ...] = (
    functional_is_best, error_grows_with_distance, densities_extrapolate_better, functional_reproduces_density,
    cumulative_energy_settles, functional_small_in_every_subsection, functionals_differ, corrections_in_known_region,
    corrections_extrapolate, functionals_differ_at_both_ends, correction_on_the_chart, shells_are_captured,
    deviation_grows_with_distance, functional_is_differentiable, combination_improves,
)  # fmt: skip
"""The fifteen claims in order."""


def judge(evidence: Evidence, numbers=range(1, 16)) -> dict[int, Verdict]:
    """Verdicts on some claims by number.

    Raises
    ------
    ValueError
        for a number that is no claim.
    """
    for number in numbers:
        if not 1 <= number <= len(CLAIMS):
            choice = f"choose from 1 to {len(CLAIMS)}"
            raise ValueError(f"claim {number} does not exist: {choice}")
    return {number: CLAIMS[number - 1](evidence) for number in numbers}


def verdict_table(verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """One row per claim: where, claim, the paper's number, ours, the outcome and :attr:`claims.condition.Verdict.tally`."""
    rows = [
        {
            "claim": verdict.number,
            "where": verdict.where,
            "the paper says": verdict.claim,
            "its number": verdict.paper,
            "here": verdict.ours,
            "outcome": verdict.outcome,
            "conditions met": verdict.tally,
        }
        for verdict in verdicts.values()
    ]
    return pd.DataFrame(rows).set_index("claim")


def condition_table(verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """:func:`demand_table` of each claim, over its number and that of the condition."""
    tables = {verdict.number: demand_table(verdict.conditions, verdict.headline) for verdict in verdicts.values()}
    return pd.concat(tables, names=["claim"]).dropna(axis=1, how="all").fillna("")


def demand_table(conditions: Sequence[Condition], headline: int | None = None) -> pd.DataFrame:
    """One row per condition, counted from one: what is demanded and found, by what margin it is met, if it is.

    ``headline`` is the number of the condition that is marked as such.  Columns that would be empty are left out.
    """
    rows = [
        {
            "headline": "yes" if place == headline else "",
            "demanded": condition.demand,
            "found": condition.found,
            "margin": margin_in_words(condition.margin),
            "met": f"{condition.state}, bettered" if condition.bettered else condition.state,
            "other reading": condition.otherwise,
            "written": f"{condition.written} the first ensembles",
            "had a part in choosing": condition.chosen,
        }
        for place, condition in enumerate(conditions, start=1)
    ]
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="condition"))
    return table.loc[:, (table != "").any()]


def margin_in_words(margin: Estimate) -> str:
    """A margin with its error, where it has one."""
    return str(margin) if margin.error else scientific(margin.value, 2)
