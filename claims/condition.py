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
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from claims.uncertainty import Estimate, trend
from claims.words import decimals, label, listed, minus

BEFORE, AFTER = "before", "after"
"""When a condition was written, or last changed – before or after the first ensembles had been seen."""
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
        """``"holds"``, ``"holds partly"`` or ``"does not hold"`` – all, some or none of the conditions are met."""
        if self.met == len(self.conditions):
            return HOLDS
        return PARTLY if self.met else FAILS


Finding = tuple[str, list[Condition]]
"""What is found about a claim – our number, in words, and the conditions."""


def claim(number: int, where: str, paper: str) -> Callable[[Callable[..., Finding]], Callable[..., Verdict]]:
    """A claim of the paper: its number in this book, where it stands, and the paper's number.

    Decorates the function that judges it by the evidence, whose docstring begins with what is claimed, in short, and
    which gives a :data:`Finding`; the function that comes of it gives a :class:`Verdict`.
    """

    def decorate(function: Callable[..., Finding]) -> Callable[..., Verdict]:
        short = inspect.getdoc(function).split("\n\n")[0].replace("\n", " ").removesuffix(".")

        @functools.wraps(function)
        def judged(evidence) -> Verdict:
            ours, conditions = function(evidence)
            return Verdict(number, where, short, paper, ours, tuple(conditions))

        return judged

    return decorate


# --- demands that several claims make; further words go to Condition: written, otherwise ------------------------------


def reaches(what, found, bound, unit="MeV", at="", **more) -> Condition:
    """An error (:class:`Estimate`) is not above a bound by more than its own bootstrap error.

    The demand is "``what`` reaches ``bound`` ``unit`` ``at``"; ``more`` goes to :class:`Condition`.
    """
    demand = " ".join(filter(None, (what, "reaches", str(bound), unit, at)))
    met = bool(found.value - found.error <= bound)
    return Condition(demand, f"{found} {unit}".strip(), met, **more)


def about(found: Estimate, paper: float) -> str:
    """Whether a number is within a factor :data:`ABOUT` of the paper's, for :attr:`Condition.otherwise`."""
    inside = paper / ABOUT <= found.value <= paper * ABOUT
    return f"within a factor {ABOUT:g}: {'yes' if inside else 'no'}"


def exceeds(what, found, bound, behind="", written=BEFORE) -> Condition:
    """A number in MeV, with or without its error, is above a bound; ``behind`` is said after it."""
    value = getattr(found, "value", found)
    words = str(found) if value is not found else decimals(value, 1)
    demand = f"{what} above {bound} MeV".strip()
    return Condition(demand, f"{words} MeV{behind}", value > bound, written)


def falls_below(what: str, value: float, bound: float) -> Condition:
    """A number in MeV is below a bound."""
    demand = f"{what} below {minus(str(bound))} MeV"
    return Condition(demand, f"{decimals(value, 1)} MeV", value < bound)


def errs_less(demand, found, than, written=BEFORE) -> Condition:
    """One rms error in MeV (:class:`Estimate`) is smaller than another."""
    met = found.value < than.value
    return Condition(demand, f"{found} against {than} MeV", met, written)


def is_lowest(demand, values, found, id="NN3-I6D") -> Condition:
    """A network has the lowest of some values by network; ``found`` is what to say of them."""
    return Condition(demand, found, min(values, key=values.get) == id)


def more_than_half(demand: str, count: int, of: int) -> Condition:
    """Something is so in more than half of the cases."""
    return Condition(demand, f"at {count} of {of}", 2 * count > of)


def share_at_least(least: float, what: str, share: float) -> Condition:
    """A share is not below the least one that will do."""
    demand = f"{100 * least:.0f} % {what}"
    return Condition(demand, f"{100 * share:.1f} %", share >= least)


def within_factor(what, errors, written=BEFORE) -> Condition:
    """Errors in MeV, by name and with or without their errors, are comparable: the largest at most :data:`ALIKE` times the smallest."""
    values = [getattr(error, "value", error) for _, error in errors.items()]
    met = bool(max(values) <= ALIKE * min(values))
    demand = f"{what} within a factor {ALIKE:g}"
    return Condition(demand, listed(errors, 2, "MeV"), met, written)


def grows(what: str, curve: pd.Series) -> Condition:
    """A curve over d grows (:attr:`claims.uncertainty.Trend.grows`), the known region at d = 0 included."""
    found = trend(curve.index, curve)
    words = f"rank correlation {decimals(found.correlation, 2)}, d = 0 included"
    return Condition(f"{what} grows with d", words, found.grows)


def growth(what: str, curves: Mapping[str, pd.Series]) -> Finding:
    """Whether curves over d grow: one condition each, and one for all of them over d > 0 alone."""
    each = [grows(f"{label(id)}: {what}", curves[id]) for id in curves]
    beyond = {id: curve[curve.index > 0] for id, curve in curves.items()}
    _, everywhere = least_grown(curves)
    worst, outside = least_grown(beyond)
    without = decimals(outside, 2)
    demand = f"rank correlation {GROWING:g} or more"
    together = Condition(
        f"outside the known region the {what} of all grows with d: {demand}",
        f"lowest {without} ({label(worst)})",
        outside >= GROWING,
        AFTER,
    )
    lowest = f"{decimals(everywhere, 2)} with d = 0, {without} without"
    met = f"{sum(one.met for one in each)} of {len(each)}"
    return f"{met}; lowest rank correlation {lowest}", [*each, together]


def least_grown(curves: Mapping[str, pd.Series]) -> tuple[str, float]:
    """The curve over d with the lowest rank correlation, by name, and this."""
    found = {}
    for id, curve in curves.items():
        found[id] = trend(curve.index, curve).correlation
    return min(found.items(), key=lambda item: item[1])
