"""The rule by which the paper's fifteen claims are judged: conditions that our ensembles meet or not.

A claim *holds* if all its conditions are met, *holds partly* if some are, and *does not hold* if none is.  Most
conditions, with their thresholds, were written into the docstrings of the claims before the ensembles existed; those that
were added or changed after the first ensembles had been seen say so (:attr:`Condition.written`), and none of them takes a
threshold from the ensembles.

A threshold is the paper's own number where it gives one.  Accuracies of the networks are read as upper bounds, whether
the paper says "approximately 5 MeV", "around 6 MeV" or a number alone: a network that errs less does what is claimed.  A
rms error reaches a bound if it is not above it by more than its own bootstrap error, for which whole isotopic chains are
drawn, since neighbours err alike; the randomness of the training is not in it.  Where "approximately" is the paper's
word, the other reading, within a factor :data:`ABOUT` either way, is judged beside it and printed, but does not count.
Where the paper uses words ("much better", "generally"), the docstring says how they are read.

``python -m studies.judged_again COMMIT`` judges the ensembles of another commit and keeps the outcomes.

Claims: W. F. Li et al., "Construction of Nuclear Covariant Energy Density Functional from A Physics-Guaranteed Neural
Network Approach"; the numbering is this book's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Rational

import pandas as pd

from claims.uncertainty import Estimate, trend
from claims.words import decimals, label, listed, minus

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


Finding = tuple[str, list[Condition]]
"""What is found about a claim: our number, in words, and the conditions."""


def claim(
    number: int, where: str, claim: str, paper: str
) -> Callable[[Callable[..., Finding]], Callable[..., Verdict]]:
    """A claim of the paper: its number in this book, where it stands, what it says, and the paper's number.

    Decorates the function that judges it by the evidence, which gives a :data:`Finding`; the function that comes of it
    gives a :class:`Verdict`.
    """

    def decorate(function: Callable[..., Finding]) -> Callable[..., Verdict]:
        @functools.wraps(function)
        def judged(evidence) -> Verdict:
            ours, conditions = function(evidence)
            return Verdict(number, where, claim, paper, ours, tuple(conditions))

        return judged

    return decorate


# --- demands that several claims make; further words go to Condition: written, otherwise ------------------------------


def reaches(what: str, found: Estimate, bound: float | Rational, unit: str = "MeV", at: str = "", **more) -> Condition:
    """An error is not above a bound by more than its own bootstrap error; ``at``: where, at the end of the demand."""
    demand = " ".join(filter(None, (what, "reaches", str(bound), unit, at)))
    return Condition(demand, f"{found} {unit}".strip(), bool(found.value - found.error <= bound), **more)


def about(found: Estimate, paper: float) -> str:
    """Whether a number is within a factor :data:`ABOUT` of the paper's, for :attr:`Condition.otherwise`."""
    inside = paper / ABOUT <= found.value <= paper * ABOUT
    return f"within a factor {ABOUT:g}: {'yes' if inside else 'no'}"


def exceeds(what: str, found: Estimate | float, bound: float, more: str = "", written: str = BEFORE) -> Condition:
    """A number, in MeV, is above a bound; ``more`` is said behind it."""
    value, words = (found, decimals(found, 1)) if isinstance(found, float) else (found.value, str(found))
    return Condition(f"{what} above {bound} MeV".strip(), f"{words} MeV{more}", value > bound, written)


def falls_below(what: str, value: float, bound: float, written: str = BEFORE) -> Condition:
    """A number, in MeV, is below a bound."""
    demand = f"{what} below {minus(str(bound))} MeV"
    return Condition(demand, f"{decimals(value, 1)} MeV", value < bound, written)


def errs_less(demand: str, found: Estimate, than: Estimate, **more) -> Condition:
    """One rms error, in MeV, is smaller than another."""
    return Condition(demand, f"{found} against {than} MeV", found.value < than.value, **more)


def is_lowest(demand: str, id: str, values: Mapping[str, float], found: str, **more) -> Condition:
    """A network has the lowest value of all; ``found`` is what to say of them."""
    return Condition(demand, found, min(values, key=values.__getitem__) == id, **more)


def more_than_half(demand: str, count: int, of: int, **more) -> Condition:
    """Something is so in more than half of the cases."""
    return Condition(demand, f"at {count} of {of}", 2 * count > of, **more)


def share_at_least(least: float, what: str, share: float, **more) -> Condition:
    """A share is not below the least one that will do."""
    return Condition(f"{100 * least:.0f} % {what}", f"{100 * share:.1f} %", share >= least, **more)


def within_factor(what: str, errors: Mapping[str, Estimate | float], **more) -> Condition:
    """Errors, in MeV by name, are comparable: the largest is at most :data:`ALIKE` times the smallest."""
    values = [float(getattr(error, "value", error)) for error in errors.values()]
    met = max(values) <= ALIKE * min(values)
    return Condition(f"{what} within a factor {ALIKE:g}", listed(errors, 2, "MeV"), met, **more)


def grows(what: str, correlation: float, met: bool) -> Condition:
    """Something has grown with d, the known region at d = 0 included."""
    found = f"rank correlation {decimals(correlation, 2)}, d = 0 included"
    return Condition(f"{what} grows with d", found, met)


def growth(what: str, curves: Mapping[str, pd.Series]) -> Finding:
    """Whether curves over d grow: one condition each, d = 0 included, and one for all over d > 0 alone."""
    whole = {id: trend(curve.index, curve) for id, curve in curves.items()}
    beyond = {id: curve[curve.index > 0] for id, curve in curves.items()}
    outside = {id: trend(curve.index, curve).correlation for id, curve in beyond.items()}
    worst = min(outside, key=outside.get)
    lowest = decimals(outside[worst], 2)
    with_zero = decimals(min(found.correlation for found in whole.values()), 2)
    ours = f"{sum(found.grows for found in whole.values())} of {len(whole)}"
    ours += f"; lowest rank correlation {with_zero} with d = 0, {lowest} without"
    demand = (
        f"outside the known region the {what} of all grows with d: "
        f"rank correlation {GROWING:g} or more"
    )  # fmt: skip
    return ours, [
        *(grows(f"{label(id)}: {what}", found.correlation, found.grows) for id, found in whole.items()),
        Condition(demand, f"lowest {lowest} ({label(worst)})", outside[worst] >= GROWING, AFTER),
    ]
