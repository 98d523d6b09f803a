"""The paper's fifteen claims on trial: one function per claim, each a list of conditions that our ensembles meet or not.

The rule is the same for all: a claim *holds* if all its conditions are met, *holds partly* if some are, and *does not
hold* if none is.  Most conditions, with their thresholds, were written into the docstrings before the ensembles existed;
those that were added or changed after the first ensembles had been seen say so (:attr:`Condition.written`), and none of
them takes a threshold from the ensembles.

A threshold is the paper's own number where it gives one.  Accuracies of the networks are read as upper bounds, whether
the paper says "approximately 5 MeV", "around 6 MeV" or a number alone: a network that errs less does what is claimed.  A
rms error reaches a bound if it is not above it by more than its own bootstrap error, for which whole isotopic chains are
drawn, since neighbours err alike; the randomness of the training is not in it.  Where "approximately" is the paper's
word, the other reading, within a factor :data:`ABOUT` either way, is judged beside it and printed, but does not count.
Where the paper uses words ("much better", "generally"), the docstring says how they are read.

``python -m studies.judged_again COMMIT`` judges the ensembles of another commit and keeps the outcomes (:func:`judge_generation`).

Claims: W. F. Li et al., "Construction of Nuclear Covariant Energy Density Functional from A Physics-Guaranteed Neural
Network Approach"; the numbering is this book's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from claims.uncertainty import Estimate, Trend, trend
from claims.words import _decimals, _label

BEFORE, AFTER = "before", "after"
"""When a condition was written, or last changed: before or after the first ensembles had been seen."""
HOLDS, PARTLY, FAILS = "holds", "holds partly", "does not hold"
ABOUT = 1.5
"""The factor within which a number is approximately another."""
GROWING = 0.8
"""Rank correlation from which a curve "generally" increases."""
ALIKE = 2.0
"""The factor within which errors are comparable."""


@dataclass(frozen=True)
class Condition:
    """What a claim demands, what is found, and whether that meets the demand.

    ``written``: :data:`BEFORE` or :data:`AFTER` the first ensembles had been seen.  ``otherwise``: the outcome under
    another reading, where there is one; it does not count.
    """

    demand: str
    found: str
    met: bool
    written: str = BEFORE
    otherwise: str = ""


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


def about(found: Estimate, paper: float) -> str:
    """Whether a number is within a factor :data:`ABOUT` of the paper's, for :attr:`Condition.otherwise`."""
    inside = paper / ABOUT <= found.value <= paper * ABOUT
    return f"within a factor {ABOUT:g}: {'yes' if inside else 'no'}"


def reached(found: Estimate, paper: float) -> bool:
    """Whether a rms error is not above the paper's number by more than its own bootstrap error."""
    return found.value - found.error <= paper


def _correlation(found: Trend) -> str:
    return f"rank correlation {_decimals(found.correlation, 2)}, d = 0 included"


def _lowest(trends: Mapping[str, Trend]) -> str:
    return _decimals(min(found.correlation for found in trends.values()), 2)


def _outside_trends(curves: Mapping[str, pd.Series]) -> dict[str, Trend]:
    """Trends of some curves over d outside the known region alone."""
    return {id: trend(curve.index[curve.index > 0], curve[curve.index > 0]) for id, curve in curves.items()}


def _grows_outside(what: str, curves: Mapping[str, pd.Series]) -> Condition:
    """The condition that each of some curves over d grows strongly outside the known region."""
    outside = _outside_trends(curves)
    lowest = min(outside, key=lambda id: outside[id].correlation)
    return Condition(
        f"outside the known region the {what} of all grows with d: rank correlation {GROWING:g} or more",
        f"lowest {_decimals(outside[lowest].correlation, 2)} ({_label(lowest)})",
        outside[lowest].correlation >= GROWING,
        AFTER,
    )
